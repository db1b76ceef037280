import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { manifestSchema } from '../../src/config/schema.ts'
import { peopleProject, person } from '../e2e/people.ts'
import { KEY, startWorkos } from '../e2e/workos.ts'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const CODES: string[] = JSON.parse(JSON.stringify(manifestSchema)).$defs.warnings.properties.accept.items.enum

/** Files with warnings for plans and verifications. */
const MAKERS = [
  ...['planning', 'kinds'].flatMap((part) =>
    readdirSync(new URL(`../../src/${part}/`, import.meta.url), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => `src/${part}/${name}`),
  ),
  'src/sources/text/written-nulls.ts',
  'src/mapping/check.ts',
]

test('every warning of a plan can be accepted, and is documented', () => {
  const made = MAKERS.flatMap((file) => [...read(file).matchAll(/code: '([a-z_]+)',\s*severity: 'warning'/g)]).map(
    ([, code]) => code ?? '',
  )
  expect(made).toContain('everybody_verified')
  expect([...new Set(made)].sort()).toEqual([...CODES].sort())
  const page = read('docs/reference/warnings.md')
  expect(CODES.filter((code) => !page.includes(`| \`${code}\` |`))).toEqual([])
})

test('an unknown code is an error with its place and the nearest code', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, [person('ada')], { warnings: { accept: ['everybody_verifed'] } })
  const { exit, stderr } = await project.run(['plan'], { env: { KEY } })
  expect({ exit, stderr }).toMatchObject({ exit: 3, stderr: expect.stringContaining('did you mean') })
  expect(stderr).toMatch(/migrate\.config\.yaml:\d+:\d+ error: .*everybody_verifed/)
  expect(stderr).toContain('everybody_verified')
})

test('a code that does not occur is accepted', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, [person('ada')], { warnings: { accept: CODES } })
  expect(await project.run(['plan', '--strict'], { env: { KEY } })).toMatchObject({ exit: 0 })
})
