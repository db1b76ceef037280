import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { isObject } from '../../src/json.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** What `npm pack` says of the package that it makes, or would make. */
export interface Packed {
  filename: string
  /** Of the tarball, in bytes. */
  size: number
  unpackedSize: number
  files: { path: string; size: number }[]
}

/**
 * Packs the project as the set-up of the tests has built it. @param args `--dry-run`, or where the
 * tarball goes
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
