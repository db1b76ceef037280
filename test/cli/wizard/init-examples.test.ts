import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { command, folderOf } from '../harness.ts'
import { announced, planned } from './announced.ts'

const examples = fileURLToPath(new URL('../../../examples/', import.meta.url))

/** Of the project whose hashes the sample holds. */
const env = {
  FIREBASE_SIGNER_KEY: 'jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==',
}

const MANIFEST = 'migrate.config.yaml'
/** Examples of how the program is used; the others are exports. */
const USES = ['gitops', 'library']
/** Some examples are manifests over the files of another one. */
const withFiles = readdirSync(examples).filter(
  (name) => !USES.includes(name) && readdirSync(join(examples, name)).some((file) => file !== MANIFEST),
)

test.each(withFiles)('with the files of the example %s, init announces each reject of the plan', async (example) => {
  const cwd = folderOf({})
  cpSync(join(examples, example), cwd, { recursive: true })
  rmSync(join(cwd, MANIFEST), { force: true })
  const files = readdirSync(cwd, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
  const init = await command(['init', '--yes', '--env', 'none'], { cwd, env })
  expect(init.stderr).toContain(`Wrote ${MANIFEST}`)
  const plan = await planned(cwd, env)
  expect(plan.users).toBeGreaterThan(0)
  expect(announced(init.stderr)).toBe(plan.rejected)
  expect(plan.code).toBe(plan.rejected === 0 ? 0 : 5)
  const manifest = readFileSync(join(cwd, MANIFEST), 'utf8')
  const ignored = readFileSync(join(cwd, '.gitignore'), 'utf8')
  for (const file of files) {
    expect(manifest.includes(`./${file}`) || init.stderr.includes(`  ${file}: `), `${file} is used or listed`).toBe(
      true,
    )
    if (file !== 'manifest.json') expect(ignored).toContain(`/${file}\n`)
  }
})

test('an example in which every file is of use leaves none of them out', async () => {
  for (const example of ['auth0-export', 'auth0-dashboard', 'clerk-demo', 'file-tables', 'stytch', 'supabase']) {
    const cwd = folderOf({})
    cpSync(join(examples, example), cwd, { recursive: true })
    rmSync(join(cwd, MANIFEST), { force: true })
    const { stderr } = await command(['init', '--yes', '--env', 'none'], { cwd, env })
    expect(stderr).not.toContain('Not used')
  }
})
