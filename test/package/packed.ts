import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { isObject } from '../../src/json.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** The output of `npm pack`. */
export interface Packed {
  filename: string
  /** Bytes of the tarball. */
  size: number
  unpackedSize: number
  files: { path: string; size: number }[]
}

/**
 * Packs the project as the set-up built it. @param args `--dry-run`, or the destination of the
 * tarball
 */
export function pack(...args: string[]): Packed {
  const said = execFileSync('npm', ['pack', '--json', '--ignore-scripts', ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [packed] = [...Object.values(JSON.parse(said))]
  if (!isObject(packed) || !Array.isArray(packed.files)) throw new Error(`npm pack said: ${said}`)
  return packed as object as Packed
}
