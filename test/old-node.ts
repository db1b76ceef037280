import { execFileSync } from 'node:child_process'
import { delimiter, join } from 'node:path'

/** A Node.js older than 24 in the path. */
export function oldNode(): string | undefined {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'node'))
    .find((node) => {
      try {
        return Number(execFileSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' }).split('.')[0]) < 24
      } catch {
        return false
      }
    })
}
