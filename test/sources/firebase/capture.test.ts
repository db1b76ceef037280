import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { CredentialsError, ManifestError, type OperatorError, SourceError } from '../../../src/diagnostics/errors.ts'
import { firebaseSource } from '../../../src/sources/firebase/open.ts'
import { SpoiledReading } from '../../../src/sources/snapshot/snapshot.ts'
import { ALL_PERMISSIONS } from '../../fakes/firebase/fake-firebase.ts'
import { account, generateProject } from '../../fakes/firebase/generate.ts'
import type { ProjectData } from '../../fakes/firebase/objects.ts'
import { EMAIL, keyFile } from '../../fakes/firebase/tokens.ts'
import { hurriedClock, swiftClock } from '../../simulated-clock.ts'
import { folderWith } from '../reading.ts'
import { capture, fakeFirebase, idsOf, optionsOf, rowsOf, trial } from './capturing.ts'

const without = (permission: string) => ({ permissions: ALL_PERMISSIONS.filter((one) => one !== permission) })
const HASHES = 'firebaseauth.configs.getHashConfig'

function everybody({ users, tenants = [] }: ProjectData): string[] {
  return [...users, ...tenants.flatMap((tenant) => tenant.users)].map(({ localId }) => localId).toSorted()
}

/** The error of a reading. Checks that it shows no private key. */
async function failure(promise: Promise<unknown>) {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof Error)) throw new Error('expected a rejection')
  const causes = JSON.stringify([error.message, error.stack, error.cause], (_, value) =>
    value instanceof Error ? `${value.message} ${JSON.stringify({ ...value })}` : value,
  )
  expect(causes).not.toContain('PRIVATE KEY')
  expect(causes).not.toContain('assertion')
  const { problems = [] } = 'problems' in error ? (error satisfies Error as OperatorError) : {}
  return { error, code: problems[0]?.code, message: error.message, hint: problems[0]?.hint, path: problems[0]?.path }
}

describe('a project', () => {
  test('is read completely with any page size', async () => {
    const data = generateProject({ users: 23, tenants: [7, 0] })
    const fake = await fakeFirebase(data, { tenantsPage: 1 })
    for (const pageSize of [3, 7, 23, 1000]) {
      const { snapshot, warnings, progress } = await capture(optionsOf(fake, { pageSize }))
      expect((await idsOf(snapshot)).toSorted()).toEqual(everybody(data))
      expect(warnings).toEqual([])
      expect(progress).toContain('reading the users: 23 of 23')
      expect(progress).toContain('reading the users of the tenant tenant-1: 7 of 7')
    }
    expect((await rowsOf((await capture(optionsOf(fake))).snapshot, 'tenants')).map(({ id }) => id)).toEqual([
      'tenant-1',
      'tenant-2',
    ])
  })

  test('without users is an empty snapshot', async () => {
    const { snapshot, warnings } = await capture(optionsOf(await fakeFirebase(generateProject())))
    expect(await idsOf(snapshot)).toEqual([])
    expect(warnings).toEqual([])
  })

  test('is read with the tenants in the options, and without tenants for an empty list', async () => {
    const fake = await fakeFirebase(generateProject({ users: 2, tenants: [1, 2, 3] }))
    const tenantsOf = async (tenants: string[]) => {
      const { snapshot } = await capture(optionsOf(fake, { tenants }))
      return (await rowsOf(snapshot, 'users')).map(({ tenantId }) => tenantId ?? '').toSorted()
    }
    expect(await tenantsOf(['tenant-2'])).toEqual(['', '', 'tenant-2', 'tenant-2'])
    expect(await tenantsOf([])).toEqual(['', ''])
    const { error, code, path, message } = await failure(capture(optionsOf(fake, { tenants: ['tenant-1', 'Acme'] })))
    expect(error).toBeInstanceOf(ManifestError)
    expect({ code, path }).toEqual({ code: 'no_such_tenant', path: 'source.tenants.1' })
    expect(message).toBe('the Firebase project my-project has no tenant Acme')
  })

  test('has no secret in its identity and facts', async () => {
    const fake = await fakeFirebase(generateProject({ users: 1 }))
    const { snapshot } = await capture(optionsOf(fake))
    expect(snapshot.identity).toEqual({
      baseUrl: fake.url,
      project: 'my-project',
      tenants: 'all',
      hashes: true,
      connections: false,
    })
    expect(JSON.stringify(snapshot.facts)).not.toContain('Key')
  })

  test('without Authentication is an error', async () => {
    const { code, path } = await failure(trial(optionsOf(await fakeFirebase({}, { isBare: true }))))
    expect({ code, path }).toEqual({ code: 'no_such_project', path: 'source.project' })
  })

  test('with overlapping pages has no duplicates', async () => {
    const data = generateProject({ users: 11 })
    const { snapshot } = await capture(optionsOf(await fakeFirebase(data, { places: 'overlap' }), { pageSize: 4 }))
    expect(await idsOf(snapshot)).toEqual(everybody(data))
  })

  test('with pages in a loop is an error', async () => {
    const fake = await fakeFirebase(generateProject({ users: 6 }), { places: 'circle' })
    const { error, message } = await failure(capture(optionsOf(fake, { pageSize: 2 })))
    expect(error).toBeInstanceOf(SourceError)
    expect(message).toContain('form a loop')
  })
})

describe('changes during the reading', () => {
  test('lose and duplicate nobody; a deleted user causes a warning', async () => {
    const data = generateProject({ users: 20 })
    const fake = await fakeFirebase(data)
    const before = everybody(data)
    const [first] = before
    const remove = (id: string | undefined) => {
      fake.data.users = fake.data.users.filter(({ localId }) => localId !== id)
    }
    // A token, the settings, the count and the first page have been requested.
    fake.after(5, () => remove(first))
    fake.after(6, () => {
      fake.data.users.push({ ...account(900), localId: 'zzz' })
    })
    const { snapshot, warnings } = await capture(optionsOf(fake, { pageSize: 4 }))
    expect((await idsOf(snapshot)).toSorted()).toEqual([...before, 'zzz'])
    expect(warnings).toMatchObject([{ code: 'deleted_meanwhile', message: expect.stringContaining('1 of the users') }])
  })

  test('that leave fewer users than counted are an error without a snapshot', async () => {
    const fake = await fakeFirebase(generateProject({ users: 5 }), { countsOff: 2 })
    const { code, message } = await failure(capture(optionsOf(fake)))
    expect(code).toBe('count_mismatch')
    expect(message).toContain('counted 7 users before reading and 7 after it, but 5 were read')
  })

  test('cause a warning if the project returns no count', async () => {
    const fake = await fakeFirebase(generateProject({ users: 5 }), { counts: false })
    const { snapshot, warnings } = await capture(optionsOf(fake))
    expect(await idsOf(snapshot)).toHaveLength(5)
    expect(warnings).toMatchObject([
      { code: 'not_counted', hint: 'compare with the number in the console: 5 were read' },
    ])
  })
})

describe('an interrupted reading', () => {
  test('fails if a tenant was deleted meanwhile', async () => {
    const fake = await fakeFirebase(generateProject({ users: 1, tenants: [2, 2] }), {
      onRequest({ target }) {
        if (target.includes('accounts')) fake.data.tenants?.splice(1)
      },
    })
    const { error, code, message } = await failure(capture(optionsOf(fake)))
    expect(error).toBeInstanceOf(SpoiledReading)
    expect(code).toBe('tenant_gone')
    expect(message).toContain('the tenant tenant-2 of the Firebase project my-project was deleted')
  })

  test('continues in the project and in a tenant, without duplicates', async () => {
    const data = generateProject({ users: 30, tenants: [25] })
    const fake = await fakeFirebase(data)
    const folder = folderWith({})
    const options = optionsOf(fake, { pageSize: 3 })
    for (let cut = 0; cut < 3; cut += 1) {
      const abort = new AbortController()
      fake.after(8, () => abort.abort(new Error('killed')))
      await expect(capture(options, folder, { signal: abort.signal })).rejects.toThrow('killed')
    }
    const asked = fake.counts()['GET /v1/projects/:project/accounts:batchGet'] ?? 0
    expect(asked).toBeLessThan(20)
    const { snapshot, warnings } = await capture(options, folder)
    const ids = await idsOf(snapshot)
    expect(ids.toSorted()).toEqual(everybody(data))
    expect(warnings).toEqual([])
  })

  test('starts again if its page token is rejected', async () => {
    const fake = await fakeFirebase(generateProject({ users: 9 }))
    const folder = folderWith({})
    const abort = new AbortController()
    fake.after(6, () => abort.abort(new Error('killed')))
    const options = optionsOf(fake, { pageSize: 2 })
    await expect(capture(options, folder, { signal: abort.signal })).rejects.toThrow('killed')
    fake.forgetPlaces()
    const { error, code } = await failure(capture(options, folder))
    expect(error).toBeInstanceOf(SpoiledReading)
    expect(code).toBe('page_token_refused')
  })
})

describe('an API that is slow, busy or broken', () => {
  test('gets repeated requests', async () => {
    const data = generateProject({ users: 60, tenants: [10] })
    const fake = await fakeFirebase(data, {
      networkErrors: { serverErrors: 0.15, dropped: 0.1, cutOff: 0.1, refusals: 0.1, seed: 3 },
    })
    const { snapshot } = await capture(optionsOf(fake, { pageSize: 4 }), folderWith({}), { clock: swiftClock })
    expect((await idsOf(snapshot)).toSorted()).toEqual(everybody(data))
    const met = new Set(fake.log.map(({ networkError }) => networkError))
    expect([...met].filter((one) => one !== undefined)).toHaveLength(4)
  })

  test('that throttles gets slower requests', async () => {
    const data = generateProject({ users: 12 })
    const fake = await fakeFirebase(data, { rate: { burst: 3, perSecond: 20 } })
    const { snapshot } = await capture(optionsOf(fake, { pageSize: 1 }), folderWith({}), { clock: swiftClock })
    expect(await idsOf(snapshot)).toHaveLength(12)
    expect(fake.log.some(({ status }) => status === 429)).toBe(true)
  })

  test('that rejects expired tokens gets a new one', async () => {
    const data = generateProject({ users: 12 })
    const fake = await fakeFirebase(data, { tokenUses: 4 })
    const { snapshot } = await capture(optionsOf(fake, { pageSize: 1 }))
    expect(await idsOf(snapshot)).toHaveLength(12)
    const refused = fake.log.filter(({ status }) => status === 401).length
    expect(refused).toBeGreaterThan(2)
    expect(fake.tokens.issued).toBe(refused + 1)
  })

  test('gets a new token before the old one expires', async () => {
    const fake = await fakeFirebase(generateProject({ users: 3 }), { tokenLifetime: 1 })
    await capture(optionsOf(fake, { pageSize: 1 }))
    expect(fake.log.filter(({ status }) => status === 401)).toEqual([])
    expect(fake.tokens.issued).toBeGreaterThan(3)
  })

  test('is unreachable if nothing listens', async () => {
    const fake = await fakeFirebase(generateProject())
    await fake.close()
    const clock = hurriedClock()
    const { code, message } = await failure(capture(optionsOf(fake), folderWith({}), { clock }))
    expect(code).toBe('source_unreachable')
    expect(message).toContain('the token service of Google cannot be reached: connect ECONNREFUSED')
  })
})

describe('hidden hashes', () => {
  test('end the reading with the missing permission, before anything is stored', async () => {
    const fake = await fakeFirebase(generateProject({ users: 3 }), without(HASHES))
    const { error, code, message, hint } = await failure(capture(optionsOf(fake)))
    expect(error).toBeInstanceOf(CredentialsError)
    expect(code).toBe('missing_permission')
    expect(message).toBe(
      `the Firebase project my-project does not return its hash parameters: ${EMAIL} does not have the permission ${HASHES}`,
    )
    expect(hint).toContain('or set hashes: false')
    expect((await failure(trial(optionsOf(fake)))).message).toBe(message)
  })

  test('are also found among users, and the error names them', async () => {
    const data = generateProject({ users: 9 })
    const fake = await fakeFirebase({
      ...data,
      users: data.users.map((user, n) => (n < 7 ? { ...user, passwordHash: 'UkVEQUNURUQ=' } : user)),
    })
    const { code, message } = await failure(capture(optionsOf(fake, { pageSize: 1000 })))
    expect(code).toBe('missing_permission')
    const [named = ''] = /hashes of (.*):/.exec(message)?.slice(1) ?? []
    expect(named.split(', ')).toHaveLength(5)
    expect(named).toMatch(/ and 2 more$/)
    for (const id of named.replace(/ and .*/, '').split(', ')) expect(everybody(data)).toContain(id)
  })

  test('are not requested with hashes: false', async () => {
    const fake = await fakeFirebase(generateProject({ users: 3, tenants: [1] }), without(HASHES))
    const { snapshot } = await capture(optionsOf(fake, { hashes: false }))
    const rows = await rowsOf(snapshot, 'users')
    expect(rows).toHaveLength(4)
    expect(JSON.stringify(rows)).not.toMatch(/passwordHash|salt|UkVEQUNURUQ/)
    expect(await rowsOf(snapshot, 'hashConfigs')).toEqual([])
  })
})

describe('credentials', () => {
  test.each([
    ['firebaseauth.users.get', {}],
    ['firebaseauth.configs.get', {}],
    ['identitytoolkit.tenants.list', {}],
    ['identitytoolkit.tenants.get', { tenants: ['tenant-1'] }],
  ])('without %s get an error with the permission', async (permission, more) => {
    const fake = await fakeFirebase(generateProject({ users: 1, tenants: [1] }), without(permission))
    for (const act of [capture, trial]) {
      const { error, code, hint } = await failure(act(optionsOf(fake, more)))
      expect(error).toBeInstanceOf(CredentialsError)
      expect(code).toBe('missing_permission')
      expect(hint).toContain(`grant the permission ${permission} in this project`)
    }
  })

  test('that work are accepted with few requests', async () => {
    const fake = await fakeFirebase(generateProject({ users: 50, tenants: [50] }))
    await trial(optionsOf(fake))
    expect(fake.log.map(({ method, route }) => `${method} ${route}`)).toEqual([
      'POST /token',
      'GET /admin/v2/projects/:project/config',
      'GET /v2/projects/:project/tenants',
      'GET /v1/projects/:project/accounts:batchGet',
    ])
  })

  test('with a deleted key get a hint', async () => {
    const fake = await fakeFirebase(generateProject())
    fake.tokens.revoke()
    const { error, message, hint, path } = await failure(trial(optionsOf(fake)))
    expect(error).toBeInstanceOf(CredentialsError)
    expect(message).toBe(
      `Google did not issue an access token for ${EMAIL}: invalid_grant: Invalid grant: account not found`,
    )
    expect(hint).toContain('create a new key')
    expect(path).toBe('source.serviceAccount')
  })

  test('can come from a file next to the manifest', async () => {
    const fake = await fakeFirebase(generateProject({ users: 1 }))
    const folder = folderWith({ 'key.json': keyFile(`${fake.url}/token`) })
    const { serviceAccount: _text, ...options } = optionsOf(fake, { credentials: './key.json' })
    await trial(options, folder)
    expect(fake.tokens.issued).toBe(1)
  })

  test('are signed only for Google, regardless of the token_uri in a key file', async () => {
    const fake = await fakeFirebase(generateProject())
    const asked: string[] = []
    const serviceAccount = keyFile('https://elsewhere.example.com/token')
    const { error } = await failure(
      capture(optionsOf(fake, { serviceAccount }), folderWith({}), {
        clock: hurriedClock(),
        proxies: { https: { name: 'HTTPS_PROXY', value: 'http://127.0.0.1:9' }, except: '' },
        onFailedRequest: ({ why }) => asked.push(why),
      }),
    )
    expect(error).toBeInstanceOf(SourceError)
    expect(asked.join()).not.toContain('elsewhere')
    expect(fake.log).toEqual([])
  })

  test('that the machine does not have are an error with a hint', async () => {
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', join(folderWith({}), 'nothing.json'))
    const options = { project: 'my-project' }
    const { error, code, hint } = await failure(trial(options))
    vi.unstubAllEnvs()
    expect(error).toBeInstanceOf(CredentialsError)
    expect(code).toBe('no_credentials')
    expect(hint).toContain('GOOGLE_APPLICATION_CREDENTIALS')
  })

  test('of the machine come from GOOGLE_APPLICATION_CREDENTIALS', async () => {
    const folder = folderWith({})
    writeFileSync(join(folder, 'key.json'), keyFile('https://oauth2.googleapis.com/token'))
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', join(folder, 'key.json'))
    const failed: string[] = []
    const { code } = await failure(
      capture({ project: 'my-project' }, folderWith({}), {
        clock: hurriedClock(),
        proxies: { https: { name: 'HTTPS_PROXY', value: 'http://127.0.0.1:9' }, except: '' },
        onFailedRequest: ({ path }) => failed.push(path),
      }),
    )
    vi.unstubAllEnvs()
    // A key was found and a token requested.
    expect(code).toBe('source_unreachable')
    expect(new Set(failed)).toEqual(new Set(['/token']))
  })

  test('are not needed for an emulator', async () => {
    const fake = await fakeFirebase(generateProject({ users: 3 }), { isEmulator: true })
    const { serviceAccount: _text, ...options } = optionsOf(fake, { hashes: false })
    expect(await idsOf((await capture(options)).snapshot)).toHaveLength(3)
    expect(fake.log.filter(({ route }) => route === '/token')).toEqual([])
  })
})

describe('options', () => {
  const check = async (more: object, files: Record<string, string> = {}) =>
    (await firebaseSource.check({ project: 'my-project', ...more }, folderWith(files))).map(
      ({ code, message, path }) => ({ code, message, path }),
    )
  const KEY = keyFile('https://oauth2.googleapis.com/token')

  test.each([
    ['a missing file', { credentials: './key.json' }, 'the key file ./key.json does not exist'],
    ['a folder', { credentials: './scratch' }, 'the key file ./scratch is a folder'],
    ['a file with other content', { credentials: './other.json' }, 'the key file ./other.json is not a JSON object'],
    ['an unknown type', { credentials: './sort.json' }, 'the key file ./sort.json has an unknown "type"'],
    ['no account', { serviceAccount: '{"type":"service_account"}' }, 'source.serviceAccount has no client_email'],
    [
      'a key on one line',
      { credentials: './flat.json' },
      'the private_key of the key file ./flat.json is not a PEM key',
    ],
    ['a text instead of a path', { credentials: KEY }, 'source.credentials is the text of a key file, not its path'],
    [
      'a path and a text',
      { credentials: './key.json', serviceAccount: KEY },
      'the source has both the path of a key file',
    ],
    ['http', { baseUrl: 'http://firebase.example.com' }, 'source.baseUrl would send the access token unencrypted'],
    [
      'a password',
      { baseUrl: 'https://a:b@firebase.example.com' },
      'source.baseUrl contains a user name or a password',
    ],
    ['a query', { baseUrl: 'https://firebase.example.com/x?y' }, 'source.baseUrl has more than a host'],
    ['no URL', { baseUrl: 'firebase' }, 'source.baseUrl is not an http(s) URL'],
  ])('with %s are rejected', async (_name, more, message) => {
    const flat = KEY.replaceAll('\\n', '')
    const problems = await check(more, { 'other.json': '[]', 'sort.json': '{"type":"api_key"}', 'flat.json': flat })
    expect(problems).toHaveLength(1)
    expect(problems[0]?.message).toContain(message)
    expect(JSON.stringify(problems)).not.toContain('PRIVATE')
  })

  test('that are valid cause no problem', async () => {
    expect(await check({})).toEqual([])
    expect(await check({ serviceAccount: KEY })).toEqual([])
    expect(await check({ serviceAccount: '${FIREBASE_SERVICE_ACCOUNT}' })).toEqual([])
    expect(await check({ credentials: './key.json' }, { 'key.json': KEY })).toEqual([])
    expect(await check({ baseUrl: 'http://localhost:9099/identitytoolkit.googleapis.com' })).toEqual([])
  })
})
