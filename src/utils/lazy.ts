/**
 * Modules that are loaded when they are used. Every module that an import of this package loads delays short programs:
 * `node:crypto` by 2.4 ms, `node:net` by 3 ms, `node:child_process` and `node:v8` (by its streams) by 1.9 ms,
 * `node:perf_hooks` by 1.5 ms, `lru-cache` by 2 ms.
 */
import type * as ChildProcess from 'node:child_process'
import type * as Crypto from 'node:crypto'
import type * as Net from 'node:net'
import type * as PerfHooks from 'node:perf_hooks'
import type * as V8 from 'node:v8'
import type * as Levenshtein from 'fastest-levenshtein'
import type * as LruCache from 'lru-cache'
import { host } from './realm'

export const childProcess = (): typeof ChildProcess => host.process.getBuiltinModule('node:child_process')

export const net = (): typeof Net => host.process.getBuiltinModule('node:net')

export const crypto = (): typeof Crypto => host.process.getBuiltinModule('node:crypto')

export const perfHooks = (): typeof PerfHooks => host.process.getBuiltinModule('node:perf_hooks')

export const v8 = (): typeof V8 => host.process.getBuiltinModule('node:v8')

/* eslint-disable @typescript-eslint/no-require-imports -- an import would load them at once */

export const levenshtein = (): typeof Levenshtein => require('fastest-levenshtein') as typeof Levenshtein

export const lruCache = (): typeof LruCache => require('lru-cache') as typeof LruCache
