import { cpSync, existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { createProject } from './cli.ts'

const root = fileURLToPath(new URL('../../examples', import.meta.url))
/** Examples with a database are planned in test/recipes/frameworks.test.ts. */
const examples = readdirSync(root).filter(
  (name) => existsSync(join(root, name, 'migrate.config.yaml')) && !existsSync(join(root, name, 'schema.sql')),
)

describe('no plan of a shipped example has a warning', () => {
  test('there are examples', () => {
    expect(examples.length).toBeGreaterThan(12)
  })

  test.each(examples)('%s', async (name) => {
    const project = createProject()
    cpSync(root, project.path('examples'), { recursive: true, filter: (file) => !file.endsWith('.workos-migrate') })
    const { stdout } = await project.run(['plan', '--json', '-c', `examples/${name}/migrate.config.yaml`])
    const { warnings, notices } = JSON.parse(stdout).summary
    expect(warnings).toEqual([])
    expect(notices.every(({ code }: { code: string }) => code === 'columns_unread')).toBe(true)
  })
})
