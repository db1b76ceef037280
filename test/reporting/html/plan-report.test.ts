import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { Mask, type MaskMode } from '../../../src/diagnostics/mask.ts'
import type { Plan } from '../../../src/planning/plan.ts'
import { documentOf } from '../../../src/reporting/html/document.ts'
import { pageAssets } from '../../../src/reporting/html/page.ts'
import { planReport } from '../../../src/reporting/html/plan-report.ts'
import type { Block, Section } from '../../../src/reporting/html/report.ts'
import { createWorld, people } from '../../planning/world.ts'
import { HOSTILE } from '../rendered.ts'
import { readReport } from './reading.ts'

const HASH = '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy'

async function asHtml(plan: Plan, { mode = 'none', most }: { mode?: MaskMode; most?: number } = {}): Promise<string> {
  const report = await planReport(plan, { mask: new Mask(mode), now: 0, most })
  let html = ''
  for await (const piece of documentOf(report, await pageAssets())) html += piece
  return html
}

const section = (sections: readonly Section[], id: string) => sections.find((one) => one.id === id)
const charts = (blocks: readonly Block[] = []) =>
  blocks.flatMap((block) => (block.type === 'chart' ? [block.chart] : []))

describe('the report of a plan', () => {
  test('contains every action with its values before and after', async () => {
    const world = await createWorld(
      people(3).map((row) => ({ ...row, password_hash: HASH, password_hash_type: 'bcrypt' })),
    )
    const first = readReport(await asHtml(await world.plan()))
    const created = first.rows('actions').filter(({ group }) => group === 'user')
    expect(created.map(({ facet, cells }) => [facet, cells[0], cells[1]])).toEqual(
      [0, 1, 2].map((n) => ['create', `user:ext-${n}`, `person${n}@example.com`]),
    )
    expect(created[0]?.fields).toContainEqual(['email', null, 'person0@example.com'])
    expect(created[0]?.fields).toContainEqual(['passwordHash', null, '(secret, bcrypt)'])
    expect(created[0]?.remarks[0]?.[1]).toMatch(/users\.csv:2$/)
    expect(first.all).not.toContain(HASH.slice(7, 29))

    await world.apply(await world.plan())
    world.rows(people(3).map((row, n) => (n === 1 ? { ...row, first_name: 'Grace', metadata: '{"plan":"pro"}' } : row)))
    const [changed, ...others] = readReport(await asHtml(await world.plan())).rows('actions')
    expect(others).toEqual([])
    expect(changed?.facet).toBe('update')
    expect(changed?.fields).toContainEqual(['metadata.plan', null, 'pro'])
    expect(changed?.fields.find(([field]) => field === 'firstName')?.[2]).toBe('Grace')
    expect(changed?.cells[2]).toContain('→ Grace')
  })

  test('shows the changes in one sentence, with counts by kind', async () => {
    const { report } = readReport(await asHtml(await (await createWorld(people(3))).plan()))
    expect(report.sentence).toMatch(/^Creates .*3 users and 3 memberships\. 7 writes to WorkOS/)
    expect(report.tone).toBe('good')
    const table = section(report.sections, 'summary')?.blocks.find((block) => block.type === 'table')
    expect(table).toMatchObject({ rows: expect.arrayContaining([['users', 3, 3]]) })
    expect(section(report.sections, 'fields')?.blocks[0]).toMatchObject({ type: 'table' })
  })

  test('gives each cause a section with its remedy and records', async () => {
    const rows = people(4).map((row, n) => (n < 2 ? { ...row, email: 'no address' } : row))
    const { report, rows: read } = readReport(
      await asHtml(await (await createWorld(rows, { safety: { maxRejects: 4 } })).plan()),
    )
    const cause = section(report.sections, 'cause-rejected-invalid-email')
    expect(cause).toMatchObject({ title: 'rejected: invalid_email', count: 2, tone: 'bad', inner: true })
    expect(cause?.blocks[0]).toMatchObject({
      type: 'alert',
      text: expect.stringContaining('correct the email address'),
    })
    const facet = report.grids
      .find(({ id }) => id === 'problems')
      ?.facets.findIndex(({ label }) => label === cause?.title)
    expect(cause?.blocks[1]).toEqual({ type: 'grid', grid: 'problems', facet })
    expect(read('problems').filter((row) => row.facet === cause?.title)).toHaveLength(2)
    expect(report.sentence).toContain('Not included')
    expect(report.tone).toBe('warn')
    const links = section(report.sections, 'summary')?.blocks.find(({ type }) => type === 'links')
    expect(links).toMatchObject({
      links: expect.arrayContaining([expect.objectContaining({ to: cause?.id, count: 2 })]),
    })
  })

  test('draws charts of organizations, roles and passwords', async () => {
    const rows = people(25).map((row, n) => ({
      ...row,
      org_external_id: `o${n}`,
      org_name: `Org ${n}`,
      role_slugs: n < 5 ? 'admin' : '',
      ...(n < 4 ? { password_hash: HASH, password_hash_type: 'bcrypt' } : {}),
    }))
    const { report } = readReport(await asHtml(await (await createWorld(rows)).plan()))
    const [actions, organizations, roles, passwords] = charts(section(report.sections, 'charts')?.blocks)
    expect(actions).toMatchObject({ kind: 'bars', title: 'Actions by kind' })
    expect(organizations).toMatchObject({
      title: 'Users per organization',
      note: '5 smaller organizations have 5 memberships together.',
    })
    expect(organizations?.kind === 'bars' && organizations.labels.length).toBe(20)
    expect(roles).toMatchObject({ labels: ['(no role)', 'admin'], series: [{ values: [20, 5] }] })
    expect(passwords).toMatchObject({
      labels: ['bcrypt', 'none'],
      series: [
        { label: 'kept', values: [4, 0] },
        { label: 'no password', values: [0, 21] },
      ],
    })
  })

  test('lists what is left out and why, and what the source no longer has', async () => {
    const world = await createWorld(people(3))
    await world.apply(await world.plan())
    const rows = people(4).filter((_, n) => n > 0)
    world.rows(rows)
    await world.manifest({
      map: { user: { when: 'email != "person3@example.com"' }, organization: null, membership: null },
    })
    const { report, rows: read } = readReport(await asHtml(await world.plan()))
    expect(read('left-out').map(({ facet, cells }) => [facet, cells[1], cells[2]])).toEqual([
      ['map.user.when', 'user:ext-3', expect.stringMatching(/^by map\.user\.when/)],
    ])
    expect(read('orphaned').map(({ cells }) => cells[0])).toContain('user:ext-0')
    expect(report.sections.map(({ id }) => id)).toEqual(expect.arrayContaining(['left-out', 'orphaned']))
  })

  test('lists what is left out with its user, and each warning with its code', async () => {
    const world = await createWorld(people(4), {
      name: 'of ada@example.com',
      map: { user: { when: 'email != "person3@example.com"' } },
    })
    const plan = await world.plan()
    plan.summary.warnings.push(
      { code: 'known_thing', message: 'something is known', hint: 'look at it', accepted: true },
      { code: 'odd_thing', message: 'something is odd', hint: 'look at it' },
    )
    const { report, rows: read, all } = readReport(await asHtml(plan, { mode: 'emails' }))
    expect(read('left-out-with').map(({ facet, cells }) => [facet, ...cells])).toEqual([
      ['map.user.when', expect.stringMatching(/users\.csv:5$/), 'membership:ext-3@acme', 'map.user.when'],
    ])
    const alerts = section(report.sections, 'summary')?.blocks.flatMap((block) =>
      block.type === 'alert' ? [block] : [],
    )
    expect(alerts?.map(({ label, text, hint }) => [label, text, hint]).slice(0, 2)).toEqual([
      ['Warning:', 'something is odd [odd_thing]', 'look at it'],
      ['Accepted:', 'something is known [known_thing]', undefined],
    ])
    expect(all).not.toContain('ada@example.com')
    expect(report.head[0]).toContain('a***@example.com')
  })

  test('has a warning tone if an applied user is gone from WorkOS', async () => {
    const world = await createWorld(people(2))
    await world.apply(await world.plan())
    const id = await world.state.idOf('user', 'ext-0')
    await world.target.client.write({ method: 'DELETE', path: `/user_management/users/${id}` })
    const plan = await world.plan(true)
    expect(plan.summary.changes).toBe(false)
    const { report, rows } = readReport(await asHtml(plan))
    expect(report.tone).toBe('warn')
    expect(report.sentence).toMatch(/^Nothing to apply\. Not in WorkOS: .*deleted there/)
    const gone = rows('drift').find(({ cells }) => cells[0] === 'user:ext-0')
    expect(gone).toMatchObject({ facet: 'deleted in WorkOS', cells: ['user:ext-0', '', '', ''] })
    expect(gone?.remarks).toContainEqual(['was', id])
  })

  test('contains the first of each kind and all blocked ones, and says so', async () => {
    const world = await createWorld(people(6))
    await world.apply(await world.plan())
    // The users are in WorkOS. Without a state, three have the external ID of another user.
    await world.loseState()
    world.rows(
      people(8).map((row, n) =>
        n < 3 ? { ...row, external_id: `ext-${n + 3}` } : n < 6 ? { ...row, external_id: `ext-${n - 3}` } : row,
      ),
    )
    const plan = await world.plan()
    const blocked = plan.summary.kinds.reduce((sum, kind) => sum + kind.blocked, 0)
    expect(blocked).toBeGreaterThan(2)
    const { report, rows } = readReport(await asHtml(plan, { most: 1 }))
    const grid = report.grids.find(({ id }) => id === 'actions')
    const users = rows('actions').filter(({ group }) => group === 'user')
    expect(rows('actions').filter(({ facet }) => facet === 'blocked')).toHaveLength(blocked)
    expect(users.filter(({ facet }) => facet !== 'blocked')).toHaveLength(1)
    expect(grid?.held).toBe(rows('actions').length)
    expect(grid?.total).toBeGreaterThan(grid?.held ?? 0)
    expect(grid?.limit).toBe('the first 1 of each kind, and all blocked ones')
    expect(rows('problems').filter(({ facet }) => facet.startsWith('blocked'))).toHaveLength(blocked)
  })

  test.each<MaskMode>([
    'emails',
    'all',
  ])('shows no complete address with the mask %s, in keys, values and messages', async (mode) => {
    const rows = people(3).map((row, n) => ({
      ...row,
      external_id: n === 0 ? (row.email ?? '') : (row.external_id ?? ''),
      first_name: 'Zebulon',
    }))
    const bare = readReport(await asHtml(await (await createWorld(rows)).plan()))
    expect(bare.all).toContain('person0@example.com')
    const { all } = readReport(await asHtml(await (await createWorld(rows)).plan(), { mode }))
    expect(all).not.toContain('person0@example.com')
    expect(all.includes('Zebulon')).toBe(mode === 'emails')
  })
})

describe('the file of a report', () => {
  test('contains names with markup only as data', async () => {
    const rows = people(HOSTILE.length).map((row, n) => ({
      ...row,
      org_external_id: `o${n}`,
      org_name: HOSTILE[n] ?? '',
      first_name: HOSTILE[n] ?? '',
    }))
    const html = await asHtml(await (await createWorld(rows)).plan())
    const { script, style } = await pageAssets()
    const rest = html.replace(script, '').replace(style, '')
    expect(rest).not.toMatch(/<img|<\/details|onerror=alert\(1\)>/)
    // Every script except that of the page is a data block, and none ends early.
    expect(rest.match(/<script(?! type="application\/json")/g)).toHaveLength(1)
    expect(rest.match(/<script/g)?.length).toBe(rest.match(/<\/script>/g)?.length)
    const { all, rows: read } = readReport(html)
    expect(all).not.toMatch(/[\u202e\u200b\u0085\x1b]/)
    expect(
      read('actions').some(({ fields }) => fields.some(([, , value]) => value === '<img src=x onerror=alert(1)>')),
    ).toBe(true)
  })

  test('has a policy that allows only its own script and style', async () => {
    const html = await asHtml(await (await createWorld(people(1))).plan())
    const policy = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(html)?.[1] ?? ''
    const digest = (pattern: RegExp) =>
      `'sha256-${createHash('sha256')
        .update(pattern.exec(html)?.[1] ?? '')
        .digest('base64')}'`
    expect(policy.split('; ')).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        `script-src ${digest(/<script>(.*?)<\/script>/s)}`,
        `style-src ${digest(/<style>(.*?)<\/style>/s)}`,
      ]),
    )
    expect(policy).not.toMatch(/unsafe|https?:|\*/)
    expect(html).not.toMatch(/<(?:link|script|img|iframe)[^>]+(?:src|href)="(?!data:)/)
  })

  test('contains the license of the bundled library', async () => {
    const { script } = await pageAssets()
    expect(script).toMatch(/^\/\*! uPlot [\s\S]*MIT[\s\S]*Permission is hereby granted/)
    expect(script).not.toMatch(/\beval\(|new Function|innerHTML|<\/script/)
  })
})
