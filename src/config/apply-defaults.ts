import { availableParallelism } from 'node:os'
import { basename } from 'node:path'
import { isObject, type JsonObject } from '../json.ts'

/** More threads than this map faster than anything downstream can take. */
const MAX_WORKERS = 4

/** Fills in the defaults that depend on other values or on the machine; the schema describes them as `x-default`. */
export function applyDefaults(value: JsonObject, directory: string): void {
  value.name ??= basename(directory) || 'migration'
  const { source, target, run, metadata } = value
  if (isObject(run)) run.workers ??= Math.min(availableParallelism(), MAX_WORKERS)
  if (isObject(metadata) && isObject(source) && typeof source.type === 'string') metadata.prefix ??= source.type
  if (!isObject(target)) return
  if (target.type === 'workos') target.baseUrl ??= 'https://api.workos.com'
  if (target.type === 'sandbox') {
    target.data ??= '.workos-migrate/sandbox.sqlite'
    target.limits ??= false
  }
}
