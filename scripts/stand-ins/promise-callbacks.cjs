// Stands for `promise-callbacks` in the bee-queue that is shipped: what bee-queue uses of it.

/** Hands what becomes of a promise to a callback, outside of the promise's own errors. */
exports.asCallback = (promise, callback) => {
  const later = (...args) => process.nextTick(callback, ...args);
  promise.then((value) => later(null, value), later);
};

exports.deferred = () => {
  let settle;
  const promise = new Promise((resolve, reject) => {
    settle = { resolve, reject };
  });
  const callback = (error, value) => (error ? settle.reject(error) : settle.resolve(value));
  return Object.assign(promise, { promise, ...settle, defer: () => callback });
};

exports.callAsync = (work) => {
  const deferred = exports.deferred();
  work(deferred.defer());
  return deferred.promise;
};

exports.delay = (milliseconds, value) =>
  new Promise((resolve) => setTimeout(resolve, milliseconds, value));

exports.waitOn = (emitter, event, orError) =>
  new Promise((resolve, reject) => {
    const end = (settle) => (value) => {
      emitter.removeListener(event, done);
      emitter.removeListener('error', failed);
      settle(value);
    };
    const done = end(resolve);
    const failed = end(reject);
    emitter.on(event, done);
    if (orError) emitter.on('error', failed);
  });

exports.withTimeout = (promise, milliseconds, message) => {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(reject, milliseconds, new Error(message ?? 'Operation timed out.'));
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
};

/** A function that takes a callback last, or gives a promise, as one that gives a promise. */
exports.wrapAsync = (work, catchExceptions = true) =>
  function wrapped(...args) {
    const deferred = exports.deferred();
    try {
      const given = work.call(this, ...args, deferred.defer());
      if (typeof given?.then === 'function') deferred.resolve(given);
    } catch (error) {
      if (!catchExceptions) throw error;
      deferred.reject(error);
    }
    return deferred.promise;
  };
