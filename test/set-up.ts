import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { NO_POSTGRES, postgresPrograms, provideCluster } from './postgres.ts'

/** Builds the program, for the tests that run it as a process, and provides a place for a PostgreSQL. */
export default function setUp(): () => Promise<void> {
  execFileSync(process.execPath, [fileURLToPath(new URL('../scripts/build.ts', import.meta.url))], { stdio: 'inherit' })
  if (postgresPrograms === undefined) process.stderr.write(`\n*** ${NO_POSTGRES} ***\n\n`)
  return provideCluster()
}
