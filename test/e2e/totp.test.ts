import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Interceptor, RequestLogEntry } from '../../src/sandbox/server.ts'
import { totpCode } from '../totp-code.ts'
import { answering } from './answers.ts'
import type { Child, Project } from './cli.ts'
import { peopleManifest, peopleProject, person, type Row } from './people.ts'
import { type Body, KEY, startWorkos, type Workos, writes } from './workos.ts'

const env = { KEY }
const USERS = '/user_management/users'
const FACTORS = `${USERS}/:id/auth_factors`

/** `12345678901234567890`, the secret of RFC 6238's test vectors. */
const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
const OTHER = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'

const enrolments = (log: readonly RequestLogEntry[]) =>
  log.filter(({ route, method }) => route === FACTORS && method === 'POST')
const lookups = (log: readonly RequestLogEntry[]) =>
  log.filter(({ route, method }) => route === FACTORS && method === 'GET')
const bodyOf = ({ body }: RequestLogEntry) => body as Record<string, string>

/** The factors of each user in WorkOS, by email. */
async function factorsOf(workos: Workos): Promise<Record<string, Body[]>> {
  const { users } = await workos.snapshot()
  const found = await Promise.all(
    users.map(
      async ({ id, email }) => [email, (await workos.call('GET', `${USERS}/${id}/auth_factors`)).data] as const,
    ),
  )
  return Object.fromEntries(found)
}

async function applied(project: Project) {
  const result = await project.run(['apply', '--yes', '--json'], { env })
  expect(result.exit, result.stdout + result.stderr).toBe(0)
  return JSON.parse(result.stdout)
}

async function planned(project: Project, ...options: string[]) {
  const { stdout } = await project.run(['plan', '--json', ...options], { env })
  return JSON.parse(stdout)
}

const factorKind = ({ kinds }: { kinds: Record<string, unknown>[] }) => kinds.find(({ kind }) => kind === 'totp-factor')

test("one secret in five spellings is one factor with the app's codes, and is enrolled once", async () => {
  const workos = await startWorkos()
  const written = {
    base32: SECRET,
    grouped: 'gezd gnbv gy3t qojq gezd gnbv gy3t qojq',
    hex: '3132333435363738393031323334353637383930',
    base64: 'MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=',
    uri: `otpauth://totp/Acme:app-account?secret=${SECRET}&issuer=Acme%20Anvils`,
  }
  const rows = Object.entries(written).map(([name, totp_secret]) => person(name, { totp_secret }))
  const project = peopleProject(workos, [...rows, person('none')], { totp: { issuer: 'Everybody' } })

  const plan = await planned(project)
  expect(factorKind(plan.summary)).toMatchObject({ desired: 5, create: 5 })
  expect(plan.summary.estimate).toMatchObject({ writes: 12, userManagementWrites: 11 })
  expect(plan.accounting.kinds.find(({ kind }: Row) => kind === 'user')).toMatchObject({ yielded: 6, distinct: 6 })
  expect(lookups(workos.takeLog())).toEqual([])

  expect(factorKind(await applied(project))).toMatchObject({ created: 5, failed: 0 })
  const log = workos.takeLog()
  const sent = enrolments(log).map(bodyOf)
  expect(sent.map(({ totp_user, totp_issuer }) => `${totp_user} of ${totp_issuer}`).toSorted()).toEqual([
    'app-account of Acme Anvils',
    'base32@example.com of Everybody',
    'base64@example.com of Everybody',
    'grouped@example.com of Everybody',
    'hex@example.com of Everybody',
  ])
  const codes = new Set(sent.map(({ totp_secret = '' }) => totpCode(totp_secret, 1111111109)))
  expect(codes).toEqual(new Set(['081804'])) // appendix B of RFC 6238
  expect(sent.map(({ type, totp_secret }) => [type, totp_secret])).toEqual(Array(5).fill(['totp', SECRET]))
  // A user who was just created has no factor: nothing is looked up.
  expect(lookups(log)).toEqual([])

  expect(factorKind(await applied(project))).toMatchObject({ unchanged: 5 })
  expect(workos.takeLog()).toEqual([])
  const refreshed = await planned(project, '--refresh')
  expect(refreshed.summary.changes).toBe(false)
  expect(workos.takeLog().filter(({ path }) => path.includes('factors'))).toEqual([])
})

describe('what WorkOS does not accept', () => {
  const uri = (more: string) => `otpauth://totp/Acme:x?secret=${SECRET}&${more}`
  const ROWS = [
    person('ada', { totp_secret: SECRET }),
    ...Array.from({ length: 6 }, (_, n) => person(`sha${n}`, { totp_secret: uri('algorithm=SHA256') })),
    person('slow', { totp_secret: uri('period=60') }),
    person('bad', { totp_secret: 'not a secret!' }),
  ]

  test('is counted by reason and listed with its users, who are migrated without it', async () => {
    const workos = await startWorkos()
    const project = peopleProject(workos, ROWS, { safety: { maxRejects: 1 } })
    const text = (await project.run(['plan'], { env })).stdout
    expect(text).toContain('Authenticator apps not migrated  7 users migrated without a factor, to enroll again')
    expect(text).toContain('SHA256 (6), 60 s (1)')
    expect(text).toContain('≠ user:id-sha0  sha0@example.com (./users.csv:3): SHA256')
    expect(text).toContain('… 2 more (--full shows all)')
    expect(text).not.toContain('user:id-slow  slow')
    expect((await project.run(['plan', '--full'], { env })).stdout).toContain('user:id-slow  slow@example.com')
    const markdown = (await project.run(['plan', '--format', 'markdown'], { env })).stdout
    expect(markdown).toMatch(/Authenticator apps not migrated[\s\S]*user:id-slow/)
    const plan = await planned(project)
    expect(plan.totpUnsupportedCounts).toEqual([
      { reason: 'SHA256', count: 6 },
      { reason: '60 s', count: 1 },
    ])
    expect(plan.totpUnsupported).toHaveLength(7)
    expect(plan.totpUnsupported.at(-1)).toEqual({
      key: 'id-slow',
      email: 'slow@example.com',
      reason: '60 s',
      origin: './users.csv:9',
    })
    expect(plan.rejects).toMatchObject([{ key: 'id-bad', code: 'invalid_totp_secret', origin: './users.csv:10' }])
    const result = await project.run(['apply', '--yes'], { env })
    expect(result.exit).toBe(0) // one was rejected
    const factors = await factorsOf(workos)
    expect(Object.keys(factors)).toHaveLength(8)
    expect(Object.values(factors).flat()).toHaveLength(1)
  })

  test('rejects its users if the manifest requires it', async () => {
    const workos = await startWorkos()
    const project = peopleProject(workos, ROWS, { totp: { unsupported: 'reject' }, safety: { maxRejects: 8 } })
    const plan = await planned(project)
    expect(plan.totpUnsupported).toEqual([])
    expect(plan.rejects.filter(({ code }: Row) => code === 'unsupported_totp')).toHaveLength(7)
    expect(plan.rejects.at(-2)).toMatchObject({ code: 'unsupported_totp', origin: './users.csv:9' })
    expect(JSON.stringify(plan)).not.toContain(SECRET)
  })
})

describe('records of one user', () => {
  const twice = (first: Row, second: Row) => [
    person('ada', { external_id: 'a1', ...first }),
    person('ada', { external_id: 'a2', ...second }),
  ]
  async function enrolled(rows: Row[]) {
    const workos = await startWorkos()
    const project = peopleProject(workos, rows)
    const plan = await planned(project)
    await applied(project)
    return { plan, secrets: enrolments(workos.takeLog()).map((entry) => bodyOf(entry).totp_secret) }
  }

  test('with two secrets keep the first, and the other is reported without being shown', async () => {
    const { plan, secrets } = await enrolled(twice({ totp_secret: SECRET }, { totp_secret: OTHER }))
    expect(secrets).toEqual([SECRET])
    const [merge] = plan.merges
    expect(merge.conflicts).toContainEqual(expect.objectContaining({ field: 'totpSecret', rule: 'first' }))
    expect(JSON.stringify(plan)).not.toMatch(new RegExp(`${SECRET}|${OTHER}`))
  })

  test('with one secret get it, whichever record has it', async () => {
    expect((await enrolled(twice({}, { totp_secret: OTHER }))).secrets).toEqual([OTHER])
  })

  test('with one supported and one unsupported app get the former, and are not listed', async () => {
    const unsupported = `otpauth://totp/x?secret=${SECRET}&digits=8`
    const { plan, secrets } = await enrolled(twice({ totp_secret: unsupported }, { totp_secret: OTHER }))
    expect(secrets).toEqual([OTHER])
    expect(plan.totpUnsupported).toEqual([])
  })

  test('do not get the secret of an account with an unverified address next to a verified one', async () => {
    const rows = twice({ totp_secret: OTHER, email_verified: 'no' }, { email_verified: 'yes', totp_secret: SECRET })
    expect((await enrolled(rows)).secrets).toEqual([SECRET])
    expect(
      (await enrolled(twice({ totp_secret: OTHER, email_verified: 'no' }, { email_verified: 'yes' }))).secrets,
    ).toEqual([])
  })
})

/**
 * Kills its client at the n-th enrollment: as it arrives, or after it took effect and before its
 * response.
 */
class Killer implements Interceptor {
  child: Child | undefined
  #seen = 0
  readonly #at: 'before' | 'after'
  readonly #nth: number

  constructor(at: 'before' | 'after', nth: number) {
    this.#at = at
    this.#nth = nth
  }

  async before({ request }: { request: { method?: string | undefined; url?: string | undefined } }): Promise<boolean> {
    if (request.method !== 'POST' || !request.url?.endsWith('/auth_factors')) return false
    this.#seen += 1
    if (this.#at === 'before' && this.#seen === this.#nth) await this.#kill()
    return false
  }

  async after({ request }: { request: { method?: string | undefined; url?: string | undefined } }): Promise<boolean> {
    if (!request.url?.endsWith('/auth_factors') || request.method !== 'POST') return false
    if (this.#at === 'after' && this.#seen >= this.#nth) await this.#kill()
    return false
  }

  async #kill(): Promise<void> {
    const { child } = this
    this.child = undefined
    child?.process.kill('SIGKILL')
    await child?.result
  }
}

test.each([
  ['before', 1],
  ['after', 1],
  ['before', 7],
  ['after', 7],
] as const)(
  'killed %s the enrollment of factor %i took effect, the next apply leaves everyone with exactly one',
  async (at, nth) => {
    const killer = new Killer(at, nth)
    const workos = await startWorkos({ interceptor: killer })
    const rows = Array.from({ length: 12 }, (_, n) => person(`user${n}`, { totp_secret: SECRET }))
    const project = peopleProject(workos, rows)
    killer.child = project.spawn(['apply', '--yes'], env)
    expect((await killer.child.result).signal).toBe('SIGKILL')
    expect((await workos.snapshot()).users).toHaveLength(12)
    const result = await applied(project)
    expect(factorKind(result)).toMatchObject({ desired: 12, adopted: 0, failed: 0, pending: 0 })
    const factors = await factorsOf(workos)
    expect(Object.values(factors).map((list) => list.length)).toEqual(Array(12).fill(1))
    const listed = await project.run(['state', 'list', '--kind', 'totp-factor', '--json'])
    const known = listed.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(known.map(({ workos_id }) => workos_id).toSorted()).toEqual(
      Object.values(factors)
        .flat()
        .map(({ id }) => id)
        .toSorted(),
    )
    expect(known.every(({ ownership }) => ownership === 'created')).toBe(true)
    workos.takeLog()
    await applied(project)
    expect(workos.takeLog()).toEqual([])
  },
  60_000,
)

describe('a user who was already in WorkOS', () => {
  async function given(factor: boolean, more: object = {}) {
    const workos = await startWorkos()
    const { id } = await workos.call('POST', USERS, { email: 'ada@example.com', email_verified: true })
    if (factor) await workos.call('POST', `${USERS}/${id}/auth_factors`, { type: 'totp', totp_secret: OTHER })
    return { workos, id, project: peopleProject(workos, [person('ada', { totp_secret: SECRET })], more) }
  }

  test('with a factor keeps it, and gets no other', async () => {
    const { workos, project } = await given(true)
    const { stdout } = await project.run(['plan'], { env })
    expect(stdout).toMatch(/= totp-factor:id-ada {2}ada@example\.com {2}matches auth_factor_\w+ by identity/)
    expect(stdout).toContain('1 user with an existing TOTP factor in WorkOS: it stays')
    expect(factorKind(await applied(project))).toMatchObject({ adopted: 1, created: 0 })
    expect(enrolments(workos.takeLog())).toEqual([])
    expect((await factorsOf(workos))['ada@example.com']).toHaveLength(1)
    expect((await project.run(['destroy', '--confirm', 'people'], { env })).exit).toBe(0)
    expect((await factorsOf(workos))['ada@example.com']).toHaveLength(1)
  })

  test('without one gets it, and destroy removes it again', async () => {
    const { workos, project } = await given(false)
    expect(factorKind(await applied(project))).toMatchObject({ created: 1 })
    workos.takeLog()
    expect((await project.run(['destroy', '--confirm', 'people'], { env })).exit).toBe(0)
    expect(writes(workos.takeLog()).map(({ method, route }) => `${method} ${route}`)).toEqual([
      'DELETE /auth/factors/:id',
    ])
    expect(await factorsOf(workos)).toEqual({ 'ada@example.com': [] })
  })

  test('with a factor added between plan and apply keeps it', async () => {
    const { workos, id, project } = await given(false)
    expect((await project.run(['plan', '--out', 'plan.ndjson'], { env })).exit).toBe(0)
    const { authentication_factor } = await workos.call('POST', `${USERS}/${id}/auth_factors`, { type: 'totp' })
    const result = await project.run(['apply', 'plan.ndjson', '--json'], { env })
    expect(result.exit).toBe(8) // it would be adopted now
    await applied(project)
    const factors = (await factorsOf(workos))['ada@example.com']
    expect(factors?.map((factor) => factor.id)).toEqual([(authentication_factor as Body).id])
  })

  test('and adopt.mode never: nothing changes', async () => {
    const { workos, project } = await given(true, { adopt: { mode: 'never' } })
    await project.run(['apply', '--yes'], { env })
    expect(enrolments(workos.takeLog())).toEqual([])
  })
})

describe('later', () => {
  async function begun(rows: Row[], more: object = {}) {
    const workos = await startWorkos()
    const project = peopleProject(workos, rows, more)
    await applied(project)
    workos.takeLog()
    return { workos, project }
  }

  test('a secret that changes in the source is reported, and never replaces the other, whatever applies to passwords', async () => {
    const { workos, project } = await begun([person('ada', { totp_secret: SECRET })], {
      passwords: { onChange: 'send' },
    })
    project.csv('users.csv', [person('ada', { totp_secret: OTHER })])
    expect((await project.run(['plan'], { env })).stdout).toContain('1 user whose TOTP secret changed in the source')
    await applied(project)
    expect(writes(workos.takeLog())).toEqual([])
    project.csv('users.csv', [person('ada', { totp_secret: SECRET.toLowerCase() })])
    expect((await planned(project)).summary.notes).toEqual([])
  })

  test('a user who gets an app after the migration gets the factor', async () => {
    const { workos, project } = await begun([person('ada')])
    project.csv('users.csv', [person('ada', { totp_secret: SECRET })])
    expect(factorKind(await applied(project))).toMatchObject({ created: 1 })
    expect((await factorsOf(workos))['ada@example.com']).toHaveLength(1)
  })

  test('verify shows that the factors exist, and reads nobody else', async () => {
    const { workos, project } = await begun([person('ada', { totp_secret: SECRET }), person('bea'), person('cleo')])
    expect((await project.run(['verify'], { env })).exit).toBe(0)
    expect(lookups(workos.takeLog())).toHaveLength(1)
    const [factor] = (await factorsOf(workos))['ada@example.com'] ?? []
    await workos.call('DELETE', `/auth/factors/${factor?.id}`)
    const lost = await project.run(['verify', '--json'], { env })
    expect(lost.exit).toBe(7)
    expect(lost.stdout).toContain('"totp-factor"')
    expect(factorKind(JSON.parse(lost.stdout))).toMatchObject({ desired: 1, missing: 1, deleted: 1 })
  })

  test('destroy deletes users together with their factors', async () => {
    const { workos, project } = await begun([person('ada', { totp_secret: SECRET })])
    expect((await project.run(['destroy', '--confirm', 'people'], { env })).exit).toBe(0)
    expect(writes(workos.takeLog()).map(({ route }) => route)).toEqual([`${USERS}/:id`])
    expect((await project.run(['state', 'list'])).stdout).toBe('role:admin  admin  created\n')
  })

  test('a user whose key changes keeps the factor', async () => {
    const row = { email: 'ada@example.com', totp_secret: SECRET }
    const { workos, project } = await begun([row])
    project.csv('users.csv', [{ ...row, external_id: 'id-ada' }])
    await applied(project)
    expect(enrolments(workos.takeLog())).toEqual([])
    const listed = await project.run(['state', 'list', '--kind', 'totp-factor'])
    expect(listed.stdout).toMatch(/^totp-factor:id-ada {2}auth_factor_\w+ {2}created\n$/)
  })

  test('a user deleted in WorkOS and recreated gets the factor again', async () => {
    const { workos, project } = await begun([person('ada', { totp_secret: SECRET })], { onDeleted: 'recreate' })
    const [user] = (await workos.snapshot()).users
    await workos.call('DELETE', `${USERS}/${user?.id}`)
    const result = await project.run(['apply', '--yes', '--refresh'], { env })
    expect(result.exit, result.stderr).toBe(0)
    expect((await factorsOf(workos))['ada@example.com']).toHaveLength(1)
  })

  test('the state has only a digest of the secret', async () => {
    const { project } = await begun([person('ada', { totp_secret: SECRET })])
    const shown = await project.run(['state', 'show', 'totp-factor:id-ada', '--json'])
    expect(JSON.parse(shown.stdout)).toMatchObject({
      attributes: { account: 'ada@example.com' },
      refs: { user: 'id-ada' },
      secrets: ['totpSecret'],
    })
    expect(shown.stdout).not.toContain(SECRET)
    const user = await project.run(['state', 'show', 'user:id-ada', '--json'])
    expect(JSON.parse(user.stdout).secrets).toEqual([])
  })

  test('a failed enrollment does not show the secret', async () => {
    const workos = await startWorkos({
      interceptor: {
        before({ request, response }) {
          if (!request.url?.endsWith('/auth_factors')) return false
          response.writeHead(422, { 'content-type': 'application/json' })
          response.end(JSON.stringify({ code: `bad_${SECRET}`, message: `the secret ${SECRET} is refused` }))
          return true
        },
      },
    })
    const project = peopleProject(workos, [person('ada', { totp_secret: SECRET })])
    const result = await project.run(['apply', '--yes'], { env })
    expect(result.exit).toBe(7)
    const errors = await project.run(['errors', '--json'])
    expect(errors.stdout).toContain('totp-factor')
    expect(result.stdout + result.stderr + errors.stdout).not.toContain(SECRET)
  })
})

test('more users than are looked up one by one: planning reads nothing, applying looks before it enrolls', async () => {
  const workos = await startWorkos()
  const rows = Array.from({ length: 210 }, (_, n) => person(`user${n}`))
  const project = peopleProject(workos, rows)
  await applied(project)
  const { users } = await workos.snapshot()
  await workos.call('POST', `${USERS}/${users[3]?.id}/auth_factors`, { type: 'totp' })
  project.csv(
    'users.csv',
    rows.map((row) => ({ ...row, totp_secret: SECRET })),
  )
  workos.takeLog()
  expect(factorKind((await planned(project)).summary)).toMatchObject({ create: 210 })
  expect(workos.takeLog()).toEqual([])
  expect(factorKind(await applied(project))).toMatchObject({ created: 209, adopted: 1, failed: 0 })
  expect(lookups(workos.takeLog())).toHaveLength(210)
  expect(Object.values(await factorsOf(workos)).map((list) => list.length)).toEqual(Array(210).fill(1))
  await project.run(['plan', '--refresh'], { env })
  expect(lookups(workos.takeLog())).toEqual([])
  project.manifest(peopleManifest(workos))
}, 60_000)

describe('the response to an enrollment', () => {
  const changed = (totp: (before: Body) => object) =>
    answering('POST', FACTORS, (body) => {
      const factor = body.authentication_factor as Body
      return {
        ...body,
        authentication_factor: { ...factor, totp: { ...(factor.totp as Body), ...totp(factor.totp as Body) } },
      }
    })
  test('a different secret: the factor fails, is deleted again, and neither secret is shown', async () => {
    const workos = await startWorkos({ interceptor: changed(() => ({ secret: OTHER })) })
    const project = peopleProject(workos, [person('ada', { totp_secret: SECRET })])
    for (let time = 0; time < 2; time += 1) {
      const result = await project.run(['apply', '--yes'], { env })
      expect(result.exit, result.stdout).toBe(7)
      expect(result.stdout).toContain('failed: totp_answered_otherwise (1)')
      expect(result.stdout).toContain('a different secret than was sent')
      expect(result.stdout).toContain('it was deleted again')
      const errors = await project.run(['errors', '--json'])
      for (const secret of [SECRET, OTHER]) expect(result.stdout + result.stderr + errors.stdout).not.toContain(secret)
      expect(await factorsOf(workos)).toEqual({ 'ada@example.com': [] })
    }
    const listed = await project.run(['state', 'list'], { env })
    expect(listed.stdout).not.toContain('totp-factor')
    for (const file of project.list('.workos-migrate')) {
      expect(readFileSync(project.path(`.workos-migrate/${file}`)).includes(OTHER)).toBe(false)
    }
  })
})
