import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { bash, createRepository, git } from './runner.ts'

/** scripts/source.sh of examples/gitops: encrypted source data between jobs. */

const PASSPHRASE = 'a passphrase that nobody guesses 42'

/** A copy of the example with an export to seal. */
function createProject() {
  const repository = createRepository()
  const folder = join(repository, 'environments/staging')
  const source = join(folder, 'source')
  const script = (words: string, env: Record<string, string> = {}) =>
    bash([`scripts/source.sh ${words}`], {
      cwd: repository,
      env: { PATH: process.env.PATH, HOME: repository, SOURCE_PASSPHRASE: PASSPHRASE, ...env },
    })
  cpSync(join(repository, 'rehearsal'), source, { recursive: true })
  return { repository, folder, source, script, sealed: join(repository, 'sealed') }
}

/** The same with the export sealed and removed. */
async function sealedProject() {
  const project = createProject()
  expect((await project.script('seal staging')).exit).toBe(0)
  rmSync(project.source, { recursive: true })
  const [archive = ''] = readdirSync(project.sealed)
  return { ...project, archive, open: { SOURCE_URL: project.sealed } }
}

test('a sealed archive opens byte for byte, only for this user', async () => {
  const { repository, folder, source, script, archive, sealed, open } = await sealedProject()
  const digest = createHash('sha256')
    .update(readFileSync(join(sealed, archive)))
    .digest('hex')
  expect(archive).toBe(`${digest}.tar.gz.enc`)
  expect(readFileSync(join(folder, 'source.sha256'), 'utf8')).toBe(`${digest}\n`)
  expect(git(repository, 'status', '--porcelain').trim()).toBe('?? environments/staging/source.sha256')

  expect(await script('open staging', open)).toEqual({ exit: 0, log: '' })
  for (const file of readdirSync(join(repository, 'rehearsal'))) {
    expect(readFileSync(join(source, file))).toEqual(readFileSync(join(repository, 'rehearsal', file)))
  }
  for (const path of [source, join(source, 'users.csv')]) expect(statSync(path).mode & 0o077).toBe(0)
  expect((await script('close staging')).exit).toBe(0)
  expect(existsSync(source)).toBe(false)
  expect((await script('close staging')).exit).toBe(0)
})

test('two archives of the same files differ and reveal nothing', async () => {
  const { script, sealed } = createProject()
  await script('seal staging')
  await script('seal staging')
  const archives = readdirSync(sealed).map((file) => readFileSync(join(sealed, file), 'latin1'))
  expect(archives).toHaveLength(2)
  for (const archive of archives) expect(archive).not.toMatch(/ada@|\$2b\$|users\.csv/)
})

describe('an archive does not open', () => {
  test('if it does not match the digest in the repository', async () => {
    const { script, sealed, archive, source, open } = await sealedProject()
    const bytes = readFileSync(join(sealed, archive))
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
    writeFileSync(join(sealed, archive), bytes)
    const { exit, log } = await script('open staging', open)
    expect(log).toContain('does not match environments/staging/source.sha256')
    expect(exit).toBe(1)
    expect(existsSync(source)).toBe(false)
  })

  test('with another passphrase', async () => {
    const { script, source, open } = await sealedProject()
    const { exit, log } = await script('open staging', { ...open, SOURCE_PASSPHRASE: 'another one' })
    expect(log).toContain('check SOURCE_PASSPHRASE')
    expect(exit).toBe(1)
    expect(existsSync(source)).toBe(false)
  })

  test.each([
    ['SOURCE_PASSPHRASE', { SOURCE_PASSPHRASE: '' }, 'SOURCE_PASSPHRASE is not set'],
    ['SOURCE_URL', { SOURCE_URL: '' }, 'SOURCE_URL is not set'],
  ])('without %s', async (_name, env, says) => {
    const { script, open } = await sealedProject()
    expect(await script('open staging', { ...open, ...env })).toEqual({ exit: 1, log: `source.sh: ${says}\n` })
  })

  test('without a digest, or with a wrong one', async () => {
    const { script, folder, open } = await sealedProject()
    expect((await script('open production', open)).log).toContain('seal the source and commit it')
    writeFileSync(join(folder, 'source.sha256'), '../../etc/passwd\n')
    expect((await script('open staging', open)).log).toContain('is not a SHA-256')
  })

  test.each(['open ../../etc', 'open', 'open nowhere', 'delete staging'])('by %j', async (words) => {
    const { script, open } = await sealedProject()
    expect(await script(words, open)).toMatchObject({ exit: 1, log: expect.stringMatching(/^source\.sh: /) })
  })
})

test('nothing is sealed unless git ignores the export', async () => {
  const { repository, folder, script } = createProject()
  rmSync(join(repository, '.gitignore'))
  const { exit, log } = await script('seal staging')
  expect(log).toContain('check .gitignore')
  expect(exit).toBe(1)
  expect(existsSync(join(folder, 'source.sha256'))).toBe(false)
})

test('a header goes to SOURCE_URL, but not to a redirect', async () => {
  const { script, sealed, archive, source } = await sealedProject()
  const seen: [string, IncomingHttpHeaders][] = []
  const server = createServer((request, response) => {
    seen.push([request.url ?? '', request.headers])
    if (request.url?.startsWith('/store/')) response.end(readFileSync(join(sealed, archive)))
    else response.writeHead(302, { location: `/store/${archive}` }).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/registry`
  const header = 'X-Access: "quoted" secret-0123'
  const { exit, log } = await script('open staging', { SOURCE_URL: url, SOURCE_HEADER: header })
  expect(log).toBe('')
  expect(exit).toBe(0)
  expect(seen.map(([path, { 'x-access': access }]) => [path, access])).toEqual([
    [`/registry/${archive}`, '"quoted" secret-0123'],
    [`/store/${archive}`, undefined],
  ])
  expect(existsSync(join(source, 'users.csv'))).toBe(true)
})

test('a new source replaces the former one', async () => {
  const { script, source, open } = await sealedProject()
  mkdirSync(source)
  writeFileSync(join(source, 'old.csv'), 'id\n')
  await script('open staging', open)
  expect(existsSync(join(source, 'old.csv'))).toBe(false)
})
