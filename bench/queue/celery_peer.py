# Celery with its Redis broker, driven by JSON lines on stdin: {"do": "dispatch" | "process", ...}; answers on stdout.
# Settings are those its documentation gives for many short tasks: results ignored, a long prefetch, JSON, no events, no
# gossip; acknowledged after the task, as the others do it.
import json
import os
import subprocess
import sys
import time

from celery import Celery, __version__
from celery.signals import worker_ready
from redis import Redis

URL = os.environ["BENCH_REDIS_URL"]
QUEUE = "bench"
READY = "bench:celery-ready"

app = Celery("bench", broker=URL + "15")
app.conf.update(
    task_ignore_result=True,
    task_acks_late=True,
    task_default_queue=QUEUE,
    worker_prefetch_multiplier=64,
    worker_send_task_events=False,
)


@app.task(name="noop")
def noop(payload):
    return None


def redis():
    return Redis.from_url(URL + "15")


@worker_ready.connect
def tell_ready(**_):
    redis().set(READY, repr(time.time()))


def dispatch(jobs):
    taken = []
    started = time.perf_counter()
    with app.producer_pool.acquire(block=True) as producer:
        for n in range(jobs):
            before = time.perf_counter()
            noop.apply_async(({"n": n},), producer=producer)
            taken.append((time.perf_counter() - before) * 1e3)
    return {"seconds": time.perf_counter() - started, "taken": taken}


def process(jobs, concurrency):
    dispatch(jobs)
    store = redis()
    store.delete(READY)
    command = [sys.executable, "-m", "celery", "-A", "celery_peer", "worker", "-P", "prefork"]
    options = ["-l", "ERROR", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    worker = subprocess.Popen(
        [*command, *options, "-c", str(concurrency)],
        cwd=os.path.dirname(os.path.abspath(__file__)),
        stdout=subprocess.DEVNULL,
        # What it says matters only when it ends by itself.
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "C_FORCE_ROOT": "1"},
    )
    try:
        while store.llen(QUEUE) > 0 or store.hlen("unacked") > 0:
            if worker.poll() is not None:
                raise RuntimeError(worker.communicate()[1])
            time.sleep(0.005)
        return {"seconds": time.time() - float(store.get(READY))}
    finally:
        worker.terminate()
        worker.communicate()


if __name__ == "__main__":
    print(json.dumps({"version": __version__}), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        what = {"dispatch": dispatch, "process": process}[asked.pop("do")]
        print(json.dumps(what(**asked)), flush=True)
