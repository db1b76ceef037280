import { isObject } from '../json.ts'
import type { Manifest } from './manifest.ts'

/** One place of the manifest that holds a JSONata expression. */
export interface ExpressionPosition {
  /** Where it is in the effective manifest: `['map', 'user', 'metadata', 'plan']`. */
  path: string[]
  text: string
}

/**
 * Whether the scalar at this path is an expression. References are not resolved there: JSONata gives `${` a meaning of
 * its own. Everything under `map` is one except a rule's `from`, which names a stream; so are both keys of a join of files.
 */
export function isExpressionPath(path: readonly string[]): boolean {
  if (path[0] === 'map') return path.length > 2 && path[2] !== 'from'
  if (path[0] === 'source') return path[1] === 'streams' && path[3] === 'join' && /^(key|to)$/.test(path[4] ?? '')
  if (path[0] !== 'dedupe' || path[1] !== 'user') return false
  return path[2] === 'by' ? path.length > 3 : path[2] === 'prefer' || path[2] === 'updatedAt'
}

/** Every expression of a manifest with its path, in the order they are written. */
export function expressionsOf(manifest: Pick<Manifest, 'map' | 'dedupe'>): ExpressionPosition[] {
  return [...expressionsIn(manifest.map, ['map']), ...expressionsIn(manifest.dedupe, ['dedupe'])]
}

/** The expressions in a part of a manifest that is at a path. */
export function expressionsIn(value: unknown, path: string[]): ExpressionPosition[] {
  if (typeof value === 'string') return isExpressionPath(path) ? [{ path, text: value }] : []
  if (Array.isArray(value)) return value.flatMap((item, index) => expressionsIn(item, [...path, String(index)]))
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([key, item]) => expressionsIn(item, [...path, key]))
}
