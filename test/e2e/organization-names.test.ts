import { describe, expect, test } from 'vitest'
import { member, peopleProject } from './people.ts'
import { KEY, startWorkos, type Workos, writes } from './workos.ts'

const env = { KEY }
const byName = (more: object = {}) => ({ organizations: { matchByName: true }, roles: {}, ...more })
const isOrganization = ({ kind }: { kind: string }) => kind === 'organization'
const make = async (workos: Workos, name: string, more: object = {}) =>
  (await workos.call('POST', '/organizations', { name, ...more })).id

describe('organizations matched by name', () => {
  const rows = [member('ada', 'acme'), member('bea', 'bolt')]

  test('are adopted, get the external ID, and are found by it from then on', async () => {
    const workos = await startWorkos()
    const acme = await make(workos, 'ACME')
    await make(workos, 'acme')
    const project = peopleProject(workos, rows, byName())
    const plan = await project.run(['plan'], { env })
    expect(plan.stdout).toContain(`matches ${acme} by name`)
    const unapplied = JSON.parse((await project.run(['verify', '--json'], { env })).stdout)
    expect(unapplied.kinds.find(isOrganization)).toMatchObject({
      kind: 'organization',
      different: 1,
      notInState: 1,
      notApplied: 1,
    })
    const applied = await project.run(['apply', '--yes', '--json'], { env })
    expect(applied.exit, applied.stderr).toBe(0)
    expect(JSON.parse(applied.stdout).kinds.find(isOrganization)).toMatchObject({
      kind: 'organization',
      adopted: 1,
      created: 1,
    })
    expect((await workos.snapshot()).organizations).toMatchObject([
      { id: acme, name: 'ACME', external_id: 'acme' },
      { name: 'acme', external_id: null },
      { name: 'BOLT', external_id: 'bolt' },
    ])
    workos.takeLog()
    expect(await project.run(['plan', '--detailed-exitcode'], { env })).toMatchObject({ exit: 0 })
    expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
    expect(await project.run(['verify', '--strict'], { env })).toMatchObject({ exit: 0 })
    expect(writes(workos.takeLog())).toEqual([])
  })

  test('are adopted without an external ID if adopt.fill omits it, and stay matched', async () => {
    const workos = await startWorkos()
    const acme = await make(workos, 'ACME')
    const project = peopleProject(workos, rows, byName({ adopt: { fill: [] } }))
    expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
    expect((await workos.snapshot()).organizations).toMatchObject([{ id: acme, external_id: null }, { name: 'BOLT' }])
    workos.takeLog()
    expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
    expect(writes(workos.takeLog())).toEqual([])
  })

  test('are created without the setting, whatever their names', async () => {
    const workos = await startWorkos()
    await make(workos, 'ACME')
    const project = peopleProject(workos, rows, { roles: {} })
    expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
    expect((await workos.snapshot()).organizations.map(({ name }) => name)).toEqual(['ACME', 'ACME', 'BOLT'])
  })

  test('are not adopted with adopt.mode never', async () => {
    const workos = await startWorkos()
    const acme = await make(workos, 'ACME')
    const project = peopleProject(workos, rows, byName({ adopt: { mode: 'never' } }))
    const plan = JSON.parse((await project.run(['plan', '--json'], { env })).stdout)
    expect(plan.actions[0]).toMatchObject({ key: 'acme', type: 'blocked', code: 'exists_already' })
    expect(plan.actions[0].message).toContain(`${acme}, found by its name`)
  })

  test('are blocked with their IDs if several in WorkOS share the name, and so are the memberships', async () => {
    const workos = await startWorkos()
    const ids = [await make(workos, 'ACME'), await make(workos, 'ACME')].sort()
    const project = peopleProject(workos, rows, byName({ safety: { maxRejects: '100%' } }))
    const plan = JSON.parse((await project.run(['plan', '--json'], { env })).stdout)
    expect(plan.actions[0]).toMatchObject({
      key: 'acme',
      type: 'blocked',
      code: 'ambiguous_organization_name',
      message: `the name "ACME" is ambiguous: in WorkOS it belongs to ${ids.join(' and ')}, in the source to organization:acme`,
    })
    const applied = await project.run(['apply', '--yes'], { env })
    expect(applied.exit).toBe(0)
    expect((await workos.snapshot()).organizations.map(({ name }) => name)).toEqual(['ACME', 'ACME', 'BOLT'])
    expect((await workos.snapshot()).memberships).toEqual([['bea@example.com@@bolt', ['member']]])
  })

  test('are blocked with their keys if several of the source share the name; if none is in WorkOS, all are created', async () => {
    const workos = await startWorkos()
    const acme = await make(workos, 'ACME')
    const shared = [
      ...rows,
      member('cleo', 'acme2', { org_name: 'ACME' }),
      member('dora', 'bolt2', { org_name: 'BOLT' }),
    ]
    const project = peopleProject(workos, shared, byName())
    const { actions } = JSON.parse((await project.run(['plan', '--json'], { env })).stdout)
    const organizations = actions.filter(({ kind }: { kind: string }) => kind === 'organization')
    expect(organizations).toMatchObject([
      { key: 'acme', type: 'blocked', code: 'ambiguous_organization_name' },
      { key: 'acme2', type: 'blocked', code: 'ambiguous_organization_name' },
      { key: 'bolt', type: 'create' },
      { key: 'bolt2', type: 'create' },
    ])
    expect(organizations[0].message).toContain(
      `it belongs to ${acme}, in the source to organization:acme and organization:acme2`,
    )
  })

  test('never have an external ID, are never in the state, nor given by ID elsewhere in the source', async () => {
    const workos = await startWorkos()
    await make(workos, 'ACME', { external_id: 'other' })
    const given = await make(workos, 'BOLT')
    const mapped = [...rows, member('cleo', 'cask', { org_name: 'CASK' }), member('dora', 'x', { given })]
    const map = {
      organization: {
        key: 'given ? given : org_external_id',
        id: 'given',
        externalId: 'given ? null : org_external_id',
        name: 'given ? null : org_name',
      },
      membership: { organization: 'given ? given : org_external_id' },
    }
    const project = peopleProject(workos, mapped, byName({ map, adopt: { fill: [] } }))
    await make(workos, 'CASK')
    const first = await project.run(['apply', '--yes'], { env })
    expect(first.exit, first.stdout + first.stderr).toBe(0)
    expect((await workos.snapshot()).organizations.map(({ name }) => name).sort()).toEqual(
      ['ACME', 'ACME', 'BOLT', 'BOLT', 'CASK'].sort(),
    )
    project.csv('users.csv', [...mapped, member('eve', 'cask-new', { org_name: 'CASK' })])
    const { actions } = JSON.parse((await project.run(['plan', '--json'], { env })).stdout)
    expect(actions.find(({ kind }: { kind: string }) => kind === 'organization')).toMatchObject({
      key: 'cask-new',
      type: 'create',
    })
  })
})

describe('a domain that another organization in WorkOS has', () => {
  const rows = [
    member('ada', 'acme', { domain: 'acme.example,other.example' }),
    member('bea', 'bolt', { domain: 'bolt.example' }),
  ]
  const map = { organization: { domains: 'domain' } }
  const domain = (name: string) => ({ domain_data: [{ domain: name, state: 'verified' }] })

  test.each([
    ['looked up', []],
    ['listed', ['--refresh']],
  ])('blocks the organization before anything is written, and names its holder: %s', async (_way, options) => {
    const workos = await startWorkos()
    const holder = await make(workos, 'Somebody else', domain('acme.example'))
    await make(workos, 'Nobody', domain('far.example'))
    const project = peopleProject(workos, rows, { map, safety: { maxRejects: '100%' } })
    const { actions } = JSON.parse((await project.run(['plan', '--json', ...options], { env })).stdout)
    expect(actions.filter(({ type }: { type: string }) => type === 'blocked')).toMatchObject([
      {
        kind: 'organization',
        key: 'acme',
        code: 'organization_domain_already_used',
        message: `another organization in WorkOS has its domain: acme.example belongs to ${holder} ("Somebody else")`,
      },
      { kind: 'membership', key: 'id-ada@acme', code: 'dependency_blocked' },
    ])
    expect(writes(workos.takeLog())).toEqual([])
    const applied = await project.run(['apply', '--yes'], { env })
    expect(applied.exit).toBe(0)
    expect(writes(workos.takeLog()).filter(({ path }) => path === '/organizations')).toHaveLength(1)
  })

  test('does not matter if it is the organization itself, which is adopted', async () => {
    const workos = await startWorkos()
    await make(workos, 'ACME', { external_id: 'acme', ...domain('acme.example') })
    const project = peopleProject(workos, rows, { map })
    expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
  })

  test('is looked up in few requests, only for domains of organizations to create', async () => {
    const workos = await startWorkos()
    const many = Array.from({ length: 45 }, (_, n) => member(`p${n}`, `org${n}`, { domain: `d${n}.example` }))
    const project = peopleProject(workos, many, { map })
    const asked = () =>
      workos.takeLog().filter(({ method, path }) => method === 'GET' && path.startsWith('/organizations?domains='))
    expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
    expect(asked()).toHaveLength(3)
    expect(await project.run(['plan'], { env })).toMatchObject({ exit: 0 })
    expect(asked()).toEqual([])
  })
})
