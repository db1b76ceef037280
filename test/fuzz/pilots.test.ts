import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createProject, type Project } from '../e2e/cli.ts'
import { FAST, KEY, openWorkos, type Snapshot, type Workos, writes } from '../e2e/workos.ts'
import { runs, TIMEOUT } from './runs.ts'

const env = { KEY }

const PRUNED = ['user', 'membership', 'organization', 'organization-role', 'group', 'group-membership', 'totp-factor']
const USERS = ['a', 'b', 'c', 'd', 'e', 'f', 'Ä*']
const ORGANIZATIONS = ['acme', 'acme-eu', 'beta', 'lone']
const TOTP = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'

interface Person {
  id: string
  /** Two users with the same one merge. */
  mail: string
  name: string
  totp: string
  active: string
}

interface World {
  users: Person[]
  organizations: { id: string; name: string; active: string }[]
  members: { user: string; org: string; role: string }[]
  grants: { user: string; org: string; role: string }[]
  groups: { id: string; org: string }[]
  joins: { user: string; org: string; group: string }[]
}

const user = fc.constantFrom(...USERS)
const organization = fc.constantFrom(...ORGANIZATIONS)
const active = fc.constantFrom('yes', 'yes', 'yes', 'no')

const person = fc.record({
  id: user,
  mail: fc
    .tuple(fc.constantFrom(...USERS), fc.constantFrom('example.com', 'acme.com'))
    .chain(([name, domain]) => fc.constantFrom(`${name}@${domain}`, `${name}@${domain}`, `${name}@${domain}`, 'none'))
    .map((mail) => mail.replace('Ä*', 'ae+x')),
  name: fc.constantFrom('One', 'Two', ''),
  totp: fc.constantFrom('', '', TOTP),
  active,
})

const world: fc.Arbitrary<World> = fc.record({
  users: fc.uniqueArray(person, { selector: ({ id }) => id, minLength: 2, maxLength: USERS.length }),
  organizations: fc.uniqueArray(
    fc.record({ id: organization, name: fc.constantFrom('Acme', 'Beta', 'Other'), active }),
    {
      selector: ({ id }) => id,
      minLength: 1,
    },
  ),
  members: fc.uniqueArray(
    fc.record({ user, org: organization, role: fc.constantFrom('', 'admin', 'org-lead', 'nobody') }),
    { selector: ({ user: of, org }) => `${of} ${org}`, maxLength: 14 },
  ),
  grants: fc.array(
    fc.record({ user, org: fc.oneof(organization, fc.constant('')), role: fc.constantFrom('admin', 'billing') }),
    {
      maxLength: 4,
    },
  ),
  groups: fc.uniqueArray(fc.record({ id: fc.constantFrom('staff', 'crew'), org: organization }), {
    selector: ({ id, org }) => `${id} ${org}`,
    maxLength: 4,
  }),
  joins: fc.uniqueArray(fc.record({ user, org: organization, group: fc.constantFrom('staff', 'crew') }), {
    selector: ({ user: of, org, group }) => `${of} ${org} ${group}`,
    maxLength: 6,
  }),
})

const selector = fc.oneof(
  fc.constantFrom(...ORGANIZATIONS.map((key) => `organization:${key}`), 'organization:acme*', 'organization:*'),
  fc.constantFrom(...USERS.map((key) => `user:${key}`), 'user:?', 'user:*'),
  fc.constantFrom('email:A@example.com', 'email:*@acme.com', 'email:ae+x@*', 'domain:example.com', 'domain:ACME.com'),
)

/** The options of one pilot. */
const pilot = fc
  .record({
    only: fc.array(selector, { maxLength: 2 }),
    limit: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined, freq: 2 }),
  })
  .filter(({ only, limit }) => only.length > 0 || limit !== undefined)
  .map(({ only, limit }) => [
    ...(only.length > 0 ? ['--only', ...only] : []),
    ...(limit === undefined ? [] : ['--limit', String(limit)]),
  ])

function put(project: Project, source: World): void {
  const empty: Record<keyof World, string> = {
    users: 'id,mail,name,totp,active',
    organizations: 'id,name,active',
    members: 'user,org,role',
    grants: 'user,org,role',
    groups: 'id,org',
    joins: 'user,org,group',
  }
  for (const [name, header] of Object.entries(empty)) {
    const columns = header.split(',')
    const rows: readonly Record<string, string>[] =
      Object.entries(source).find(([stream]) => stream === name)?.[1] ?? []
    project.write(
      `${name}.csv`,
      `${[header, ...rows.map((row) => columns.map((column) => row[column]).join(','))].join('\n')}\n`,
    )
  }
}

function projectOf({ target }: Workos, source: World): Project {
  const project = createProject()
  put(project, source)
  project.manifest({
    version: 1,
    name: 'pilots',
    source: {
      type: 'file',
      streams: Object.fromEntries(Object.keys(source).map((name) => [name, { path: `./${name}.csv`, format: 'csv' }])),
    },
    map: {
      user: {
        key: 'id',
        email: 'mail',
        externalId: 'id',
        firstName: 'name',
        totpSecret: 'totp',
        when: "active = 'yes'",
      },
      organization: { from: 'organizations', key: 'id', externalId: 'id', name: 'name', when: "active = 'yes'" },
      membership: { from: 'members', user: 'user', organization: 'org', roles: 'role' },
      roleAssignment: { from: 'grants', user: 'user', organization: 'org', role: 'role' },
      group: { from: 'groups', key: 'id', name: 'id', organization: 'org' },
      groupMember: { from: 'joins', user: 'user', organization: 'org', group: 'group' },
    },
    roles: {
      define: { 'org-lead': { name: 'Lead' }, admin: { name: 'Admin', permissions: ['all'] }, billing: { name: 'B' } },
    },
    prune: PRUNED,
    safety: { maxRejects: 1000, maxDeletes: 1000 },
    target,
    run: FAST,
  })
  return project
}

/** The content of WorkOS, without what differs between runs. */
function contents({ users, organizations, memberships, roles }: Snapshot) {
  const plain = (bodies: Snapshot['users']) =>
    bodies
      .map((body) => JSON.stringify(body).replace(/"(id|created_at|updated_at|organization_id)":"[^"]*",?/g, ''))
      .sort()
  return { users: plain(users), organizations: plain(organizations), memberships, roles }
}

/**
 * Removes what a merge with a user that left the source wrote: IDs in the metadata, and a name that
 * no record has any more.
 */
function withoutMerges(snapshot: Snapshot, { users: sources }: World): Snapshot {
  const unnamed = new Set(sources.filter(({ name }) => name === '').map(({ id }) => id))
  const users = snapshot.users.map(({ metadata, ...user }) => {
    const { merged_external_ids: _, ...kept } = { ...(metadata as object), merged_external_ids: '' }
    const body = { ...user, metadata: kept }
    return unnamed.has(String(user.external_id)) ? { ...body, first_name: null } : body
  })
  return { ...snapshot, users }
}

/** The content of the state without IDs. */
async function stateOf(project: Project): Promise<string[]> {
  const { stdout } = await project.run(['state', 'export', '--format', 'ndjson'], { env })
  return stdout
    .split('\n')
    .map((line) => line.replace(/"(workos_id|id|applied_at|run|updated_at)":("[^"]*"|\d+),?/g, ''))
    .sort()
}

/** Applies; undefined if no resource matches the selectors. */
async function applied(project: Project, workos: Workos, scope: readonly string[]): Promise<number | undefined> {
  workos.takeLog()
  const result = await project.run(['apply', '--yes', ...scope], { env })
  if (result.exit === 3 && result.stderr.includes('selects_nothing')) {
    expect(writes(workos.log)).toEqual([])
    return undefined
  }
  expect([0, 7], `${scope.join(' ')}\n${result.stdout}${result.stderr}`).toContain(result.exit)
  return result.exit
}

/** Applies a pilot, and checks that it is complete and that a repetition has nothing to do. */
async function piloted(project: Project, workos: Workos, scope: readonly string[]): Promise<void> {
  if ((await applied(project, workos, scope)) === undefined) return
  workos.takeLog()
  const again = await project.run(['apply', '--yes', ...scope], { env })
  expect(writes(workos.takeLog()), `${scope.join(' ')}\n${again.stdout}`).toEqual([])
  const verified = await project.run(['verify', '--json', '--full', ...scope], { env })
  const report = JSON.parse(verified.stdout)
  const planned = JSON.parse((await project.run(['plan', '--json', '--full', ...scope], { env })).stdout)
  const blocked = planned.summary.kinds.reduce((sum: number, kind: { blocked: number }) => sum + kind.blocked, 0)
  const sum = (of: 'missing' | 'different') =>
    report.kinds.reduce((total: number, kind: Record<string, number>) => total + (kind[of] ?? 0), 0)
  const refused = new Set(planned.rejects.map(({ kind, key }: Named) => `${kind}:${key}`))
  const extra = report.findings.filter(
    ({ type, kind, key }: Named) => type === 'extra' && PRUNED.includes(kind) && !refused.has(`${kind}:${key}`),
  )
  expect({ missing: sum('missing'), different: sum('different'), extra }, scope.join(' ')).toEqual({
    missing: blocked,
    different: 0,
    extra: [],
  })
}

/** Undoes the selected resources, and checks that all others are unchanged. */
async function undone(project: Project, workos: Workos, only: string): Promise<void> {
  const held = async () => {
    const { users, organizations, memberships } = await workos.snapshot()
    const named = (bodies: typeof users) => bodies.map((body) => JSON.stringify(body))
    return { people: [...named(users), ...named(organizations)], memberships: memberships.map(([name]) => name) }
  }
  const before = await held()
  const { exit, stderr } = await project.run(['destroy', '--confirm', 'pilots', '--only', only], { env })
  if (exit === 3) return expect(stderr).toContain('selects_nothing')
  expect([0, 7], stderr).toContain(exit)
  const after = await held()
  // No user has changed. A user that holds a membership of another stays.
  expect(before.people).toEqual(expect.arrayContaining(after.people))
  const [kind, pattern = ''] = only.split(/:(.*)/s)
  const glob = new RegExp(
    `^${RegExp.escape(kind === 'domain' ? `*@${pattern}` : pattern)
      .replaceAll('\\*', '.*')
      .replaceAll('\\?', '.')}$`,
    'iu',
  )
  const ids = new Map((await workos.snapshot()).users.map(({ email, external_id }) => [email, external_id]))
  const others = before.memberships.filter((name) => {
    const [mail = '', organization = ''] = name.split('@@')
    if (kind === 'organization') return !glob.test(organization)
    if (kind === 'user') return ids.has(mail) && !glob.test(String(ids.get(mail)))
    return !glob.test(mail)
  })
  expect(after.memberships, only).toEqual(expect.arrayContaining(others))
}

interface Named {
  type: string
  kind: string
  key: string
}

/** The source after some changes. */
function later(source: World, changes: { drop: number[]; rename: number[]; rekey: number[]; leave: number[] }): World {
  const at = (list: number[], length: number) => new Set(list.map((n) => n % Math.max(1, length)))
  const { users, members } = source
  const [drop, rename, rekey] = [changes.drop, changes.rename, changes.rekey].map((list) => at(list, users.length))
  const leave = at(changes.leave, members.length)
  const renamed = new Map(users.map(({ id }, n) => [id, rekey?.has(n) ? `${id}2` : id]))
  const key = (id: string) => renamed.get(id) ?? id
  return {
    ...source,
    users: users
      .map((one, n) => ({ ...one, id: key(one.id), name: rename?.has(n) ? 'Later' : one.name }))
      .filter((_, n) => !drop?.has(n)),
    members: members.filter((_, n) => !leave.has(n)).map((one) => ({ ...one, user: key(one.user) })),
    grants: source.grants.map((one) => ({ ...one, user: key(one.user) })),
    joins: source.joins.map((one) => ({ ...one, user: key(one.user) })),
  }
}

const few = fc.array(fc.nat(20), { maxLength: 2 })
const changes = fc.record({ drop: few, rename: few, rekey: few, leave: few })

test('pilots followed by a full run give the same result as one full run, also for changes', {
  timeout: TIMEOUT * 5,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      world,
      fc.array(pilot, { maxLength: 3 }),
      changes,
      fc.array(pilot, { maxLength: 3 }),
      selector,
      async (before, first, change, second, undo) => {
        const [workos, other] = [await openWorkos(), await openWorkos()]
        try {
          const [project, once] = [projectOf(workos, before), projectOf(other, before)]
          const compare = async (seen = contents) => {
            expect(await applied(project, workos, [])).toBe(await applied(once, other, []))
            expect(seen(await workos.snapshot())).toEqual(seen(await other.snapshot()))
            expect(await stateOf(project)).toEqual(await stateOf(once))
          }
          for (const scope of first) await piloted(project, workos, scope)
          await compare()
          const after = later(before, change)
          put(project, after)
          put(once, after)
          for (const scope of second) await piloted(project, workos, scope)
          await compare()
          await undone(project, workos, undo)
          // Undone users are created again, without the effects of a former merge.
          await compare((snapshot) => contents(withoutMerges(snapshot, after)))
        } finally {
          await workos.close()
          await other.close()
        }
      },
    ),
    { ...runs(6), endOnFailure: true },
  )
})
