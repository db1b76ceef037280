/**
 * Plans and applies the shipped migrate.config.yaml to the embedded sandbox, then plans again to
 * show that nothing is left to do. Everything is in .workos-migrate/, which is deleted first.
 */
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const program = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))

rmSync(new URL('../.workos-migrate', import.meta.url), { recursive: true, force: true })
run(['plan'], 0)
run(['apply', '--yes'], 0)
run(['plan', '--detailed-exitcode'], 0)
process.stdout.write(
  '\nThe second plan has nothing to do: applying is idempotent. To list what it created, with WorkOS IDs:\n' +
    '  npx tsx src/cli/main.ts state list\n',
)

function run(args: string[], expected: number): void {
  process.stdout.write(`\n$ workos-migrate ${args.join(' ')}\n\n`)
  const { status } = spawnSync(process.execPath, [program, ...args], { cwd: root, stdio: 'inherit' })
  if (status !== expected) {
    process.stderr.write(`workos-migrate ${args.join(' ')} ended with ${status}, expected ${expected}\n`)
    process.exit(1)
  }
}
