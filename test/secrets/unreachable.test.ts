import { expect, test } from 'vitest'
import { createProject } from '../e2e/cli.ts'
import { found, leaksIn } from './canaries.ts'

const PASSWORD = 'a password that never leaves'

test('the message about an unreachable address does not contain the key', { timeout: 120_000 }, async () => {
  const project = createProject()
  project.csv('users.csv', [{ email: 'ada@example.com', password: PASSWORD }])
  project.manifest({
    source: { type: 'csv', path: './users.csv' },
    target: { type: 'workos', apiKey: '${file:./key.txt}', baseUrl: 'http://127.0.0.1:9' },
    run: { workers: 1 },
  })
  const key = 'sk_test_canaryOfNobody08'
  project.write('key.txt', key)
  const { exit, stdout, stderr } = await project.run(['plan', '--refresh'], { env: { WORKOS_MIGRATE_DEBUG: '1' } })
  expect(exit).toBe(1)
  expect(stderr).toContain('[target_unreachable]')
  const canaries = [
    { name: 'key', secret: key },
    { name: 'password', secret: PASSWORD },
  ]
  expect(found(`${stdout}${stderr}`, canaries)).toEqual([])
  expect(leaksIn(project.folder, canaries, ['key.txt', 'migrate.config.yaml', 'users.csv'])).toEqual([])
})
