import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { validate } from '../../src/cli/commands/validate.ts'
import { commandContext } from '../cli/commands/command-context.ts'
import { folderOf } from '../config/folder.ts'

const read = (path: string) => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8')

test('the shortest manifest of the README is valid', async () => {
  const readme = read('README.md')
  const manifest = readme.match(/```yaml\n(version: 1\n.*?)```/s)?.[1] ?? ''
  const cwd = folderOf({
    'migrate.config.yaml': manifest,
    'users.csv': read('examples/clerk-demo/users.csv'),
    'memberships.csv': read('examples/clerk-demo/memberships.csv'),
  })
  const { context, out, err } = commandContext(cwd, { WORKOS_API_KEY: 'sk_test_x' })
  expect(await validate({}, context), err()).toBe(0)
  expect(readme).toContain(`$ workos-migrate validate\n${out()}`)
})
