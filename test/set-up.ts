import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Builds the program, for the tests that run it as a process. */
export default function setUp(): void {
  execFileSync(process.execPath, [fileURLToPath(new URL('../scripts/build.ts', import.meta.url))], { stdio: 'inherit' })
}
