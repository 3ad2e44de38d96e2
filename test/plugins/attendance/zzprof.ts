import 'reflect-metadata';
import { rmSync, existsSync } from 'node:fs';
import { container } from 'tsyringe';
const { planSite, writeSite } = await import('/work/main/src/plugins/sample-site/index.ts');
const { collectSources, DataSourceProvider } = await import('/work/main/src/datasources/index.ts');
const att = await import('/work/main/src/plugins/attendance/index.ts');
const hr = await import('/work/main/src/plugins/hris/index.ts');
const { attendanceOptions } = await import('/work/main/src/plugins/attendance/options.ts');
const { hrisOptions } = await import('/work/main/src/plugins/hris/options.ts');
const { RunScope } = await import('/work/main/src/core/run/scope.ts');
const engine = process.argv[2] ?? 'sqlite';
const days=+(process.argv[3]??90), emps=+(process.argv[4]??500), batch = +(process.argv[5]??2000);
const my = (db: string) => `mysql://skep:skep@127.0.0.1:41977/${db}`;
const urls = engine==='sqlite' ? { maria:'sqlite:/tmp/att/p_m.db', hris:`sqlite:/tmp/att/p_h_${days}_${emps}.db`, biostar:`sqlite:/tmp/att/p_b_${days}_${emps}.db` } : { maria: my('p_m'), hris: my(`p_h_${days}_${emps}`), biostar: my(`p_b_${days}_${emps}`) };
const { createConnection } = await import('mysql2/promise');
let fresh = true;
if (engine==='sqlite') { for (const s of ['','-wal','-shm']) rmSync('/tmp/att/p_m.db'+s,{force:true}); fresh=!existsSync(urls.hris.slice(7)); }
else { const c = await createConnection(my('mysql')); await c.query('drop database if exists p_m'); await c.query('create database p_m'); const [r]: any = await c.query(`select count(*) n from information_schema.schemata where schema_name='p_h_${days}_${emps}'`); fresh = r[0].n===0; await c.end(); }
if (fresh) { const t=Date.now(); console.log(await writeSite(planSite({employees:emps,days,until:'2025-11-05'}), urls), 'written', Date.now()-t); }
const log = {error:console.error,warn:console.warn,info(){},debug(){}};
const provider = new DataSourceProvider({ sources: collectSources([hr.default, att.default]), options:{}, environment:{MARIA_URL:urls.maria,HRIS_URL:urls.hris,BIOSTAR_URL:urls.biostar}, dataDir:'/tmp/att', folder:'/tmp/att', logger: log, seams:{now:Date.now,random:Math.random,newId:()=>'x'} } as any);
await provider.migrator.run();
const root = container.createChildContainer();
const ctx: any = {container:root,logger:log,dataDir:'/tmp/att',environment:{}};
hr.default.register?.({...ctx,options:hrisOptions.parse({})}); att.default.register?.({...ctx,options:attendanceOptions.parse({batchSize:batch})});
async function run(cls: any, payload?: any) {
  const scope = new RunScope({root,extensions:[provider],disposeTimeoutMs:5000} as any,{executionId:'e',task:'t',attempt:1});
  const t=Date.now(); const c=process.cpuUsage();
  const r = await scope.container.resolve<any>(cls).run(payload,{signal:new AbortController().signal,logger:log,progress(){}});
  const ms=Date.now()-t; const u=process.cpuUsage(c);
  await scope.dispose(); console.log(cls.name, ms,'ms', r.read? Math.round(r.read/ms*1000)+' rows/s':'', 'cpu', Math.round(u.user/1000), 'rss', Math.round(process.memoryUsage().rss/1e6), 'max', Math.round(process.resourceUsage().maxRSS/1024), JSON.stringify(r).slice(0,250)); return r;
}
await run(hr.HrisReplication); await run(att.SyncAttendance); await run(att.SyncAttendance); await run(att.CalculateCompliance); await run(att.CalculateCompliance);
await provider.close();
