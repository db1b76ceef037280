import { describe, expect, test } from 'vitest'
import { createWorld, people, type Row } from '../planning/world.ts'
import { asGitHub, EXPECTED, elements, mentions } from './github.ts'
import { asJson, asMarkdown, asText, HOSTILE } from './rendered.ts'

const HASH = '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhW'
const lines = (text: string, start: RegExp) => text.split('\n').filter((line) => start.test(line))

/** A plan with three users, one of them changed. */
async function changedPlan() {
  const world = await createWorld(people(3))
  await world.apply(await world.plan())
  world.rows(people(3).map((row, n) => (n === 1 ? { ...row, first_name: 'Grace', metadata: '{"plan":"pro"}' } : row)))
  return { world, plan: await world.plan() }
}

describe('a first plan', () => {
  test('shows where the records went, the counts and the time in text', async () => {
    const text = asText(await (await createWorld(people(3))).plan())
    expect(text).toMatch(/users \(.*users\.csv\) +3 += 3 mapped\n/)
    expect(text).toContain('\n                 create\n')
    expect(text).toMatch(/memberships +3\n/)
    expect(lines(text, /^ {2}\+ user:/)).toEqual([0, 1, 2].map((n) => `  + user:ext-${n}  person${n}@example.com`))
    expect(text).toContain('7 writes, a few seconds at 100,000 per s.')
    expect(text.endsWith('\n')).toBe(true)
  })

  test('shows what was left out and why in every format', async () => {
    const map = { user: { when: 'first_name != "Person 1"' }, organization: null, membership: null }
    const rows = people(3).map((row, n) => ({ ...row, first_name: `Person ${n}` }))
    const plan = await (await createWorld(rows, { map })).plan()
    expect(asText(plan)).toContain('\n  users: 1 left out by map.user.when (migrate.config.yaml:1)\n')
    expect(asMarkdown(plan)).toContain('- users: 1 left out by map.user.when (migrate.config.yaml:1)\n')
    expect(asJson(plan).accounting.records).toMatchObject({
      leftOut: 1,
      leftOutBy: [{ stream: 'users', path: 'map.user.when', records: 1, at: { file: 'migrate.config.yaml', line: 1 } }],
    })
  })

  test('has colors only on request', async () => {
    const plan = await (await createWorld(people(1))).plan()
    expect(asText(plan)).not.toContain('\x1b')
    expect(asText(plan, { color: true })).toContain('\x1b[32m+\x1b[39m')
  })

  test('has everything in JSON', async () => {
    const plan = await (await createWorld(people(3))).plan()
    const json = asJson(plan)
    expect(json).toMatchObject({
      format: 'workos-migrate-plan-report',
      version: 1,
      name: plan.name,
      inputs: JSON.parse(JSON.stringify(plan.inputs)),
      summary: JSON.parse(JSON.stringify(plan.summary)),
      drift: [],
      rejects: [],
      merges: [],
    })
    expect(json.actions).toHaveLength(7)
    expect(json.accounting.kinds.map(({ kind }: { kind: string }) => kind)).toContain('membership')
  })

  test('has a headline, the counts and the few actions with their values in Markdown', async () => {
    const markdown = asMarkdown(await (await createWorld(people(3))).plan())
    expect(markdown).toContain('**Creates 1 organization, 3 users and 3 memberships.** 7 writes')
    expect(markdown).toContain('|  | create |\n| --- | --: |\n| organizations | 1 |\n| users | 3 |\n')
    expect(markdown).toContain('### Created (7)\n\n```diff\n+ organization:')
    expect(markdown).toContain('+ user:ext-0\n+   email: "person0@example.com"\n')
    expect(markdown.match(/<\/details>/g)).toHaveLength(markdown.match(/<details>/g)?.length ?? 0)
  })
})

describe('an update', () => {
  test('is shown field by field, before and after', async () => {
    const { plan } = await changedPlan()
    const text = asText(plan)
    expect(text).toContain('  ~ user:ext-1')
    expect(text).toContain('      firstName: "First1" → "Grace"\n')
    expect(text).toContain('      metadata.plan: nothing → "pro"\n')
    expect(asMarkdown(plan)).toContain(
      '! user:ext-1  person1@example.com\n-   firstName: "First1"\n+   firstName: "Grace"\n+   metadata.plan: "pro"\n',
    )
    expect(asJson(plan).actions).toEqual([
      {
        type: 'update',
        kind: 'user',
        key: 'ext-1',
        label: 'person1@example.com',
        id: expect.stringMatching(/^user_/),
        changes: [
          { field: 'firstName', before: 'First1', after: 'Grace' },
          { field: 'metadata.plan', after: 'pro' },
        ],
        before: { firstName: 'First1', metadata: { plan: null } },
        after: { firstName: 'Grace', metadata: { plan: 'pro' } },
        secrets: {},
      },
    ])
  })

  test('names a secret field without its value', async () => {
    const hashed = (end: string): Row[] =>
      people(1).map((row) => ({ ...row, password_hash: `${HASH}${end}`, password_hash_type: 'bcrypt' }))
    const world = await createWorld(hashed('y'), { passwords: { onChange: 'send' } })
    await world.apply(await world.plan())
    world.rows(hashed('e'))
    const plan = await world.plan()
    expect(asText(plan)).toContain('passwordHash: (secret, bcrypt) changed')
    expect(asMarkdown(plan)).toContain('+   passwordHash: (secret, bcrypt)')
    expect(asJson(plan).actions[0].changes).toEqual([{ field: 'passwordHash', secret: true }])
    for (const rendered of [asText(plan, { full: true }), asMarkdown(plan), JSON.stringify(asJson(plan))]) {
      expect(rendered).not.toContain('$2b$')
      expect(rendered).not.toContain(HASH.slice(7, 30))
    }
  })
})

test('a plan without actions has nothing to do', async () => {
  const world = await createWorld(people(2))
  await world.apply(await world.plan())
  const plan = await world.plan()
  expect(asText(plan)).toContain('Nothing to do. The source has not changed since the last apply.')
  expect(asMarkdown(plan)).toContain('Nothing to do.')
  expect(asJson(plan)).toMatchObject({ actions: [], summary: { changes: false } })
})

test('an empty source does not count as applied', async () => {
  const world = await createWorld(people(1), { map: { user: { when: 'false' }, organization: null, membership: null } })
  const text = asText(await world.plan())
  expect(text).toContain('Nothing to do. The source has nothing to migrate.')
  expect(text).not.toContain('has not changed')
})

test('a change in WorkOS is shown with both values', async () => {
  const world = await createWorld(people(2))
  await world.apply(await world.plan())
  await world.changeUser('ext-1', { first_name: 'Theirs' })
  const plan = await world.plan(true)
  expect(asText(plan)).toContain(
    '≠ user:ext-1  firstName: "Theirs" in WorkOS, "First1" in the source  changed in WorkOS',
  )
  expect(asJson(plan).drift).toMatchObject([{ key: 'ext-1', live: 'Theirs', desired: 'First1' }])
})

describe('a large plan', () => {
  const many = people(30)

  test('shows a few of each, and all with --full', async () => {
    const plan = await (await createWorld(many)).plan()
    const text = asText(plan)
    expect(lines(text, /^ {2}\+ user:/)).toHaveLength(5)
    expect(lines(text, /^ {2}\+ membership:/)).toHaveLength(5)
    expect(text.match(/… 25 more to create/g)).toHaveLength(2)
    expect(text).toContain('--full')
    const full = asText(plan, { full: true })
    expect(lines(full, /^ {2}\+ user:/)).toHaveLength(30)
    expect(full).not.toContain('… ')
    const markdown = asMarkdown(plan)
    expect(lines(markdown, /^\+ user/)).toHaveLength(10)
    expect(markdown.match(/^# … 20 more$/gm)).toHaveLength(2)
    expect(asJson(plan).actions).toHaveLength(61)
  })

  test('shows a few rejected records, counts by cause, and all with --full', async () => {
    const world = await createWorld(many.map((row, n) => (n < 25 ? { ...row, email: 'no address' } : row)))
    const plan = await world.plan()
    const text = asText(plan)
    expect(lines(text, /^ {2}✗ /)).toHaveLength(10)
    expect(text).toMatch(/… \(--full shows all\); by cause: .*\d+ \w+/)
    const full = asText(plan, { full: true })
    const { rejects } = asJson(plan)
    expect(lines(full, /^ {2}✗ /)).toHaveLength(rejects.length)
    expect(rejects.length).toBeGreaterThanOrEqual(25)
    expect(rejects[0]).toMatchObject({ kind: 'user', origin: expect.stringContaining('users.csv:2') })
    expect(text).toContain('Refused:')
    expect(text).toContain('safety.maxRejects')
    expect(asMarkdown(plan)).toContain('**Refused**')
  })

  test('shows the count of a reject that covers several records, and promises only what --full shows', async () => {
    const rows = people(4).map((row, n) => (n === 3 ? { ...row, org_external_id: 'b', org_name: 'B' } : row))
    const plan = await (await createWorld(rows, { map: { organization: { domains: "'acme.example'" } } })).plan()
    const text = asText(plan)
    expect(text).toMatch(/✗ .*users\.csv:2 {2}organization:\S+ \(3 records\): /)
    expect(text).toMatch(/✗ .*users\.csv:5 {2}organization:b: /)
    expect(text).not.toContain('all); by cause')
    expect(asMarkdown(plan)).toMatch(/organization:\S+ .*3 records/)
    expect(asMarkdown(plan)).not.toContain('more; by cause')
  })

  test('shows a few merged records', async () => {
    const twins = many.flatMap((row) => [row, { ...row, external_id: `${row.external_id}-again`, first_name: 'Twin' }])
    const plan = await (await createWorld(twins)).plan()
    const text = asText(plan)
    expect(text).toContain('  30 user records with discarded values\n')
    expect(lines(text, /→ ext-/)).toHaveLength(5)
    expect(text).toContain('      firstName: "Twin" discarded, "First0" kept (first)\n')
    expect(text).toContain('  … 25 more (--full shows all)\n')
    expect(text).toMatch(/^ {2}\d+ further records merged without differences$/m)
    expect(lines(asText(plan, { full: true }), /→ ext-/)).toHaveLength(30)
    expect(asJson(plan).merges).toHaveLength(30)
    expect(asJson(plan).mergeCounts).toContainEqual({ kind: 'user', different: 30, alike: 0 })
    expect(asMarkdown(plan)).toMatch(/^30 merged records with discarded values; \d+ further records merged/m)
  })

  test('has a remark for organization names that differ only in case', async () => {
    const rows = people(2).map((row, n) => ({ ...row, org_external_id: '', org_name: n === 0 ? 'Acme' : 'ACME' }))
    const plan = await (await createWorld(rows)).plan()
    const remark = 'organizations with names that differ only in case or spaces'
    expect(asText(plan)).toContain(`  2 ${remark}, "Acme", "ACME": they stay separate\n`)
    expect(asMarkdown(plan)).toContain(remark)
  })

  test('counts merged records without differences', async () => {
    const plan = await (await createWorld([...people(4), ...people(4)])).plan()
    const merged = plan.set.accounting.kinds.reduce((sum, kind) => sum + kind.merged, 0)
    const table = '                               users  records\n  merged from several records      4        8\n'
    expect(asText(plan)).toContain(`Duplicates\n${table}  ${merged} records merged without differences\n\nPlan`)
    expect(asMarkdown(plan)).toContain('| merged from several records | 4 | 8 |\n')
    expect(asMarkdown(plan)).toContain(`\n${merged} records merged without differences.\n`)
  })

  test('shows the discarded name of an organization with two, and its line', async () => {
    const rows = people(3).map((row, n) => ({ ...row, org_external_id: 'a1', org_name: n === 0 ? 'Alpha' : 'Beta' }))
    const text = asText(await (await createWorld(rows)).plan())
    expect(text).toMatch(
      /2 organization records with discarded values\n {2}≠ organization:a1 \(.*users\.csv:3, and 1 record like it\)\n {6}name: "Beta" discarded, "Alpha" kept \(first\)\n/,
    )
  })
})

describe('hostile data', () => {
  /**
   * Users that change from one hostile name to another, hostile organizations and metadata, and
   * rejected records.
   */
  async function hostilePlan() {
    const rows = (shift: number): Row[] =>
      HOSTILE.map((_, n) => ({
        email: n === 3 ? `<script>${HOSTILE[4]}` : `person${n}@example.com`,
        external_id: `ext-${n}`,
        first_name: HOSTILE[(n + shift) % HOSTILE.length] ?? '',
        metadata: JSON.stringify({ 'a|<b>`c`': `x${shift}` }),
        org_name: HOSTILE[n] ?? '',
        org_external_id: '',
        role_slugs: '',
      }))
    const world = await createWorld(rows(0), {
      name: `demo ${HOSTILE[0]} ${HOSTILE[2]} ${HOSTILE[4]}`,
      safety: { maxRejects: 50 },
    })
    await world.apply(await world.plan())
    world.rows([...rows(1), ...HOSTILE.map((name, n) => ({ email: `new${n}@example.com`, org_name: `New ${name}` }))])
    return world.plan()
  }

  test('does not reach the terminal', async () => {
    const plan = await hostilePlan()
    for (const full of [false, true]) {
      const text = asText(plan, { full })
      expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u)
      expect(text).not.toMatch(/^## heading/m)
    }
    expect(asText(plan, { full: true })).toContain('\\x1b[2J')
  })

  test('does not reach the terminal from metadata keys or file names, in merges, drift or failures', async () => {
    const member = 'k\x1b[2J'
    const row = (plan: string, more: Row = {}): Row => ({
      email: 'ada@example.com',
      external_id: 'ext-1',
      metadata: JSON.stringify({ [member]: plan }),
      ...more,
    })
    const file = './us\x1b[2Jers.csv'
    const world = await createWorld([], { source: { type: 'csv', path: file } })
    world.rows([row('one'), row('two', { external_id: 'ext-2' })], file)
    await world.apply(await world.plan())
    await world.changeUser('ext-1', { metadata: { [member]: 'theirs' } })
    const plan = await world.plan(true)
    expect(plan.driftCount()).toBe(1)
    expect(plan.set.mergeCounts()).toHaveLength(1)
    expect(asText(plan, { full: true })).not.toContain('\x1b')
    expect(asText(plan, { full: true })).toContain('k\\x1b[2J')
  })

  test('is not markup in Markdown', async () => {
    const markdown = asMarkdown(await hostilePlan())
    expect(markdown).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u)
    const html = asGitHub(markdown)
    expect([...elements(html)].filter((name) => !EXPECTED.has(name))).toEqual([])
    expect(mentions(html)).toEqual([])
    expect(html).toContain('&lt;img src=x onerror=alert(1)&gt;')
  })

  test('is data in JSON', async () => {
    const { actions } = asJson(await hostilePlan())
    const afters = actions.flatMap((action: { changes?: { after: string }[] }) => action.changes ?? [])
    expect(afters.map(({ after }: { after: string }) => after)).toContain(HOSTILE[2])
  })
})
