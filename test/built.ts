import { fileURLToPath } from 'node:url'

/** The built program, made once by the set-up. It starts three times as fast as from source. */
export const PROGRAM = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))

/** The URL of a built module, by its path in `src`. */
export function built(module: string): string {
  return new URL(`../dist/${module.replace(/\.ts$/, '.js')}`, import.meta.url).href
}
