import { readdirSync, readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import {
  countedKind,
  draftDefinitions,
  kindDefinition,
  kindDefinitions,
  kindRemarks,
  registerKind,
} from '../../src/kinds/registry.ts'
import type { Project } from '../e2e/cli.ts'
import { byKind } from '../e2e/kinds.ts'
import { member, peopleManifest, peopleProject } from '../e2e/people.ts'
import { type Body, KEY, startWorkos, type Workos, writes } from '../e2e/workos.ts'
import { roleByName } from './role-by-name.ts'
import { stripeCustomer } from './stripe-customer.ts'

const env = { KEY }
const MAP = {
  group: { each: "$split(groups, ',')", name: '$' },
  groupMember: { each: "$split(groups, ',')", group: '$' },
}
const ASSIGNMENTS = '/authorization/groups/:group_id/role_assignments'
const ROWS = [
  member('ada', 'acme', { groups: 'Admin,Finance' }),
  member('bea', 'acme', { groups: 'Finance' }),
  member('cleo', 'beta', { groups: 'Admin' }),
]

let unregister = () => {}
beforeEach(() => {
  unregister = registerKind(roleByName)
})
afterEach(() => unregister())

/** `organization/group` → slugs of the roles that the group has in WorkOS. */
async function rolesOfGroups(workos: Workos): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {}
  const list = async (path: string) => (await workos.call('GET', `${path}?limit=100&order=asc`)).data as Body[]
  for (const { id, external_id } of await list('/organizations')) {
    for (const group of await list(`/organizations/${id}/groups`)) {
      const given = await list(`/authorization/groups/${group.id}/role_assignments`)
      found[`${external_id}/${group.name}`] = given.map(({ role }) => (role as { slug: string }).slug)
    }
  }
  return found
}

/** The writes to role assignments since the log was last read. */
function assignments(workos: Workos): string[] {
  const sent = writes(workos.takeLog()).map(({ method, route }) => `${method} ${route}`)
  return sent.filter((request) => request.includes(ASSIGNMENTS))
}

/** The ID of one in the state. */
async function idOf(project: Project, key: string): Promise<string> {
  const { output } = await run(project, 'state', 'list')
  return new RegExp(`role-by-name:${key} +(\\S+)`).exec(output)?.[1] ?? ''
}

async function run(project: Project, ...args: string[]) {
  const { exit, stdout, stderr } = await project.run(args, { env })
  return { exit, output: stdout + stderr, json: () => JSON.parse(stdout) }
}

describe('docs/how-to/adding-a-kind.md', () => {
  const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')
  const page = read('../../docs/how-to/adding-a-kind.md')
  const kinds = new URL('../../src/kinds/', import.meta.url)
  const types = readdirSync(kinds).filter((file) => file.endsWith('.ts'))
  const source = types.map((file) => readFileSync(new URL(file, kinds), 'utf8')).join('\n')

  test('shows this definition', () => {
    const code = read('role-by-name.ts').replace(/^import .*\n/gm, '')
    expect(page).toContain(`\`\`\`ts\n${code.trim()}\n\`\`\``)
  })

  test('describes every member of a definition, and no other', () => {
    const members = ['DraftDefinition', 'KindDefinition', 'FieldDefinition', 'Lifecycle'].flatMap((name) => {
      const [, body = ''] = new RegExp(`^export interface ${name}\\b[^\\n]*\\{\\n(.*?)^\\}`, 'ms').exec(source) ?? []
      const found = [...body.matchAll(/^ {2}(\w+)\??[:(]/gm)].map(([, member]) => member)
      expect(found.length, name).toBeGreaterThan(5)
      return found
    })
    const rows = [...page.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell = '']) => [...cell.matchAll(/`(\w+)\??`/g)])
    expect(rows.map(([, member]) => member).toSorted()).toEqual(members.toSorted())
  })
})

test('a custom kind is planned, applied and verified', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS, { map: MAP })
  const plan = await run(project, 'plan')
  expect(plan.output).toContain('role-by-name:admin@Admin@acme')
  expect(plan.output).toContain('2 roles by name: members of the group get the role admin')
  const planned = (await run(project, 'plan', '--json')).json()
  expect(byKind(planned.summary.kinds)['role-by-name']).toMatchObject({
    plural: 'roles by name',
    desired: 2,
    create: 2,
  })

  expect(await run(project, 'apply', '--yes')).toMatchObject({ exit: 0 })
  expect(await rolesOfGroups(workos)).toEqual({ 'acme/Admin': ['admin'], 'acme/Finance': [], 'beta/Admin': ['admin'] })
  const sent = writes(workos.takeLog()).filter(({ route }) => route === ASSIGNMENTS)
  expect(sent.map(({ body }) => body)).toEqual([{ role_slug: 'admin' }, { role_slug: 'admin' }])

  for (const args of [[], ['--refresh']]) {
    expect(await run(project, 'plan', '--detailed-exitcode', ...args)).toMatchObject({ exit: 0 })
  }
  expect(await run(project, 'apply', '--yes')).toMatchObject({ exit: 0 })
  expect(writes(workos.takeLog())).toEqual([])

  const verified = await run(project, 'verify', '--json')
  expect(verified.exit, verified.output).toBe(0)
  expect(byKind(verified.json().kinds)['role-by-name']).toMatchObject({ desired: 2, verified: 2, missing: 0 })
})

test('what the source adds is created, and what it loses is counted', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS, { map: MAP })
  expect(await run(project, 'apply', '--yes')).toMatchObject({ exit: 0 })
  project.csv('users.csv', [...ROWS, member('dora', 'gamma', { groups: 'Admin' })])
  workos.takeLog()
  expect(await run(project, 'apply', '--yes')).toMatchObject({ exit: 0 })
  expect(assignments(workos)).toEqual([`POST ${ASSIGNMENTS}`])
  expect(await rolesOfGroups(workos)).toMatchObject({ 'beta/Admin': ['admin'], 'gamma/Admin': ['admin'] })

  project.manifest(peopleManifest(workos, { map: MAP, roles: { define: { admin: { name: 'Administrator' } } } }))
  const planned = (await run(project, 'plan', '--json')).json()
  expect(byKind(planned.summary.kinds)['role-by-name']).toMatchObject({ desired: 0, orphaned: 3 })
})

test('one that was removed in WorkOS is missing, and is recreated if the manifest allows it', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS, { map: MAP })
  expect(await run(project, 'apply', '--yes')).toMatchObject({ exit: 0 })
  const [, group, assignment] = (await idOf(project, 'admin@Admin@acme')).split('/')
  await workos.call('DELETE', `/authorization/groups/${group}/role_assignments/${assignment}`)

  const verified = await run(project, 'verify', '--json')
  expect(verified.exit).not.toBe(0)
  expect(byKind(verified.json().kinds)['role-by-name']).toMatchObject({ desired: 2, verified: 1, missing: 1 })
  const planned = (await run(project, 'plan', '--refresh', '--json')).json()
  expect(byKind(planned.summary.kinds)['role-by-name']).toMatchObject({ unchanged: 1, gone: 1 })

  project.manifest(peopleManifest(workos, { map: MAP, onDeleted: 'recreate' }))
  expect(await run(project, 'apply', '--refresh', '--yes')).toMatchObject({ exit: 0 })
  expect(await run(project, 'verify')).toMatchObject({ exit: 0 })
})

test('without a state it is found and adopted', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS, { map: MAP })
  expect(await run(project, 'apply', '--yes')).toMatchObject({ exit: 0 })
  workos.takeLog()
  project.remove('.workos-migrate')
  expect(await run(project, 'apply', '--yes')).toMatchObject({ exit: 0 })
  expect(writes(workos.takeLog())).toEqual([])
  expect((await run(project, 'state', 'list')).output).toMatch(/role-by-name:admin@Admin@beta +\S+\/gra_\w+ +adopted/)
})

test('one that somebody else creates between plan and write is adopted, since WorkOS rejects a second one', async () => {
  const workos: Workos = await startWorkos({
    interceptor: {
      async before({ request: { method, url = '' } }) {
        if (method === 'POST' && url.endsWith('/role_assignments'))
          await workos.call('POST', url, { role_slug: 'admin' })
        return false
      },
    },
  })
  const project = peopleProject(workos, ROWS.slice(0, 1), { map: MAP })
  expect(await run(project, 'apply', '--yes')).toMatchObject({ exit: 0 })
  expect((await run(project, 'state', 'list')).output).toMatch(/role-by-name:admin@Admin@acme +\S+ +adopted/)
})

test('one whose response was lost is found and not created twice', async () => {
  const workos = await startWorkos({
    interceptor: {
      after({ request, response }) {
        if (request.method !== 'POST' || !request.url?.endsWith('/role_assignments')) return false
        response.destroy()
        return true
      },
    },
  })
  const project = peopleProject(workos, ROWS, { map: MAP })
  expect(await run(project, 'apply', '--yes')).toMatchObject({ exit: 0 })
  expect(assignments(workos)).toEqual([`POST ${ASSIGNMENTS}`, `POST ${ASSIGNMENTS}`])
  expect(await run(project, 'verify')).toMatchObject({ exit: 0 })
})

test('it is imported into the state by its ID, and only by its own', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS, { map: MAP })
  expect(await run(project, 'apply', '--yes')).toMatchObject({ exit: 0 })
  const [own, other] = [await idOf(project, 'admin@Admin@acme'), await idOf(project, 'admin@Admin@beta')]
  const address = 'role-by-name:admin@Admin@acme'
  expect(await run(project, 'state', 'rm', address, '--yes')).toMatchObject({ exit: 0 })
  expect(await run(project, 'state', 'import', address, other)).toMatchObject({ exit: 5 })
  expect(await run(project, 'state', 'import', address, own)).toMatchObject({ exit: 0 })
  expect(await run(project, 'plan', '--detailed-exitcode')).toMatchObject({ exit: 0 })
})

test('a scope chooses it with its organization', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS, { map: MAP })
  const plan = await run(project, 'plan', '--only', 'organization:beta', '--json')
  expect(byKind(plan.json().summary.kinds)['role-by-name']).toMatchObject({ desired: 1, create: 1 })
  expect(await run(project, 'apply', '--only', 'organization:beta', '--yes')).toMatchObject({ exit: 0 })
  expect(await rolesOfGroups(workos)).toEqual({ 'beta/Admin': ['admin'] })
})

test('it is deleted by a separate request, and with its group without one', async () => {
  const workos = await startWorkos()
  const manifest = { map: MAP, safety: { protect: ['group', 'organization'] } }
  const project = peopleProject(workos, ROWS, manifest)
  expect(await run(project, 'apply', '--yes')).toMatchObject({ exit: 0 })
  workos.takeLog()
  const destroyed = await run(project, 'destroy', '--confirm', 'people')
  expect(destroyed.output).toContain('role-by-name')
  expect(assignments(workos)).toEqual([`DELETE ${ASSIGNMENTS}/:id`, `DELETE ${ASSIGNMENTS}/:id`])
  expect(await rolesOfGroups(workos)).toEqual({ 'acme/Admin': [], 'acme/Finance': [], 'beta/Admin': [] })

  expect(await run(project, 'apply', '--yes')).toMatchObject({ exit: 0 })
  project.manifest(peopleManifest(workos, { map: MAP }))
  workos.takeLog()
  expect(await run(project, 'destroy', '--confirm', 'people')).toMatchObject({ exit: 0 })
  expect(assignments(workos)).toEqual([])
  expect(await rolesOfGroups(workos)).toEqual({})
})

test('a field that changes in the source is sent, and one that changes in WorkOS is reported', async () => {
  onTestFinished(registerKind(stripeCustomer))
  const workos = await startWorkos()
  const customers = async () => {
    const { organizations } = await workos.snapshot()
    return organizations.map(({ stripe_customer_id: customer }) => customer)
  }
  const map = { organization: { metadata: { stripe: 'stripe' } } }
  const project = peopleProject(workos, [member('ada', 'acme', { stripe: 'cus_1' }), member('bea', 'beta')], { map })
  const planned = await run(project, 'plan')
  expect(planned.output).toContain('+ stripe-customer:acme  cus_1')
  expect(await run(project, 'apply', '--yes')).toMatchObject({ exit: 0 })
  expect(await customers()).toEqual(['cus_1', undefined])
  expect(await run(project, 'plan', '--refresh', '--detailed-exitcode')).toMatchObject({ exit: 0 })

  project.csv('users.csv', [member('ada', 'acme', { stripe: 'cus_2' }), member('bea', 'beta', { stripe: 'cus_3' })])
  const changed = await run(project, 'plan')
  expect(changed.output).toContain('customer: "cus_1" → "cus_2"')
  const applied = await run(project, 'apply', '--yes', '--json')
  expect(byKind(applied.json().kinds)['stripe-customer']).toMatchObject({ created: 1, updated: 1 })
  expect(await customers()).toEqual(['cus_2', 'cus_3'])
  expect(await run(project, 'verify')).toMatchObject({ exit: 0 })

  const [acme] = (await workos.snapshot()).organizations
  await workos.call('PUT', `/organizations/${acme?.id}`, { stripe_customer_id: 'cus_4' })
  const verified = await run(project, 'verify', '--json')
  expect(byKind(verified.json().kinds)['stripe-customer']).toMatchObject({ desired: 2, verified: 1, different: 1 })
  expect((await run(project, 'plan', '--refresh')).output).toMatch(/≠ stripe-customer:acme.*cus_4/s)
})

test('a registration can be undone, and rejects a name that is taken', () => {
  expect(() => registerKind(roleByName)).toThrow('a kind named role-by-name already exists')
  expect(() => registerKind({ ...roleByName, name: 'x', refs: { y: 'z' } })).toThrow('there is no kind z')
  expect(() => registerKind({ ...roleByName, name: 'x', rule: 'group' })).toThrow('x has a rule')
  expect(countedKind(2, 'role-by-name')).toBe('2 roles by name')
  expect(Object.keys(kindRemarks())).toContain('role_by_name')
  unregister()
  unregister = () => {}
  expect([...kindDefinitions, ...draftDefinitions].map(({ name }) => name)).not.toContain('role-by-name')
  expect(() => kindDefinition('role-by-name')).toThrow('there is no kind role-by-name')
  expect(Object.keys(kindRemarks())).not.toContain('role_by_name')
})
