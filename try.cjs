require('reflect-metadata')
const { Module, Injectable } = require('@nestjs/common'); const { NestFactory } = require('@nestjs/core')
const P = require('pebble-ts/nestjs'); const { pools } = require('pebble-ts')
;(async () => {
  class S { constructor(pool) { this.pool = pool } }
  Reflect.decorate([Injectable()], S); P.InjectPool('reports')(S, undefined, 0)
  Reflect.defineMetadata('design:paramtypes', [Object], S)
  class A {}
  Module({ imports: [P.PebbleModule.forRoot({ pools: { reports: { kind: 'process', maxWorkers: 1 } } })], providers: [S] })(A)
  const app = await NestFactory.createApplicationContext(A, { logger: ['error','warn'] })
  console.log(app.get(S).pool === pools.get('reports'), app.get(P.getPoolToken('reports')).name)
  const app2 = await NestFactory.createApplicationContext(A, { logger: false })
  console.log(pools.get('reports') === app2.get(S).pool)
  console.log(app2.get(P.PebbleHealthIndicator).isHealthy('reports', {maxWait: 5}))
  await app2.close(); console.log(pools.get('reports') === app.get(S).pool); await app.close(); console.log(pools.get('reports'))
  class B {}
  Module({ imports: [P.PebbleModule.forRootAsync({ useFactory: async () => ({ pools: { x: { kind: 'thread' } } }) })], providers: [S] })(B)
  const app3 = await NestFactory.createApplicationContext(B, { logger: false })
  try { app3.get(S).pool.schedule() } catch (e) { console.log(e.message) }
  await app3.close()
  try { P.PebbleModule.forRoot({pools: { a: { kind: 'thread', maxWorker: 1}}})} catch (e) { console.log(e.message) }
  try { P.PebbleModule.forRoot({pools: { a: { maxWorkers: 1}}})} catch (e) { console.log(e.message) }
  try { P.PebbleModule.forRoot({pool: { a: { maxWorkers: 1}}})} catch (e) { console.log(e.message) }
})()
