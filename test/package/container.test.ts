import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WHOLE } from '../whole.ts'
import { type Instruction, lint, parseDockerfile, RULES, stagesOf } from './dockerfile.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const text = readFileSync(join(ROOT, 'Dockerfile'), 'utf8')
const stages = stagesOf(parseDockerfile(text))
const last = stages.at(-1)?.instructions ?? []
const only = (name: string) => last.filter((one) => one.name === name).map((one) => one.text)

/** The sources and the destination of a COPY. */
function copied({ text: said }: Instruction): string[] {
  return said
    .replace(/^(--\S+\s+)*/, '')
    .split(/\s+/)
    .slice(0, -1)
}

/** The files that a stage copies from the build context. */
const ofContext = stages.flatMap(({ instructions }) =>
  instructions.filter((one) => one.name === 'COPY' && !one.text.includes('--from=')).flatMap(copied),
)

/** The names at the root that .dockerignore allows. It first excludes everything. */
const [refusal, ...admitted] = readFileSync(join(ROOT, '.dockerignore'), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))

describe('the Dockerfile', () => {
  test('keeps every rule', () => {
    expect(lint(text)).toEqual([])
  })

  test('runs the version of Node.js that the tests run', () => {
    const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'))
    const images = stages.map(({ image }) => image)
    const [base] = images
    expect(base).toBe(`node:${lock.packages['node_modules/node'].version}-bookworm-slim`)
    expect(new Set(images.slice(1))).toEqual(new Set(['base']))
  })

  test('runs as an ordinary user, keeps the state on a volume, and starts the program', () => {
    expect(only('USER')).toEqual(['1000:1000'])
    expect(only('VOLUME')).toEqual(['["/state"]'])
    expect(only('ENV').join(' ')).toContain('STATE_PATH=/state/state.sqlite')
    const { bin } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    expect(only('ENTRYPOINT')).toEqual([`["node", "/opt/workos-migrate/${bin['workos-migrate']}"]`])
    expect(only('WORKDIR')).toEqual(['/opt/workos-migrate', '/work'])
  })

  test('installs what package-lock.json pins, and runs no scripts of dependencies', () => {
    const installs = stages.flatMap(({ instructions }) =>
      instructions.flatMap(({ name, text: said }) => (name === 'RUN' && said.includes('npm ') ? [said] : [])),
    )
    expect(installs).toHaveLength(2)
    for (const install of installs) expect(install).toMatch(/^npm ci .*--ignore-scripts/)
    expect(installs.at(-1)).toContain('--omit=dev')
  })

  test('copies exactly what .dockerignore allows', () => {
    expect(ofContext.filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
    expect(refusal).toBe('*')
    expect(admitted.map((line) => line.slice(1)).sort()).toEqual([...new Set(ofContext)].sort())
    expect(admitted.every((line) => line.startsWith('!'))).toBe(true)
  })

  test.skipIf(!WHOLE)('has everything for the build in its build stage', () => {
    const folder = mkdtempSync(join(tmpdir(), 'workos-migrate-image-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    for (const path of stages[1]?.instructions.filter(({ name }) => name === 'COPY').flatMap(copied) ?? [])
      cpSync(join(ROOT, path), join(folder, path), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    const [build = ''] = (stages[1]?.instructions ?? [])
      .filter(({ text: said }) => said.startsWith('node '))
      .map((one) => one.text)
    const { status, stderr } = spawnSync(process.execPath, build.split(' ').slice(1), { cwd: folder, encoding: 'utf8' })
    expect(status, stderr).toBe(0)
    const modules = (root: string) => globSync('dist/**/*.js', { cwd: root }).sort()
    expect(modules(folder)).toEqual(modules(ROOT))
    expect(readdirSync(join(folder, 'dist/config/recipes'))).toEqual(readdirSync(join(ROOT, 'dist/config/recipes')))
  })
})

describe('the rules', () => {
  const GOOD = 'FROM node:24.1.0-slim\nWORKDIR /work\nUSER 1000\nCMD ["a"]\n'

  test('a file that follows them has no findings', () => {
    expect(lint(GOOD)).toEqual([])
  })

  test.each<[string, string]>([
    ['DL3000 line 2', GOOD.replace('/work', 'work')],
    ['DL3002 line 3', GOOD.replace('1000', 'root')],
    ['DL3002 line 3', GOOD.replace('1000', '0:0')],
    ['DL3002 line 2', GOOD.replace('USER 1000\n', '')],
    ['DL3003 line 5', `${GOOD}RUN cd /tmp`],
    ['DL3004 line 5', `${GOOD}RUN sudo true`],
    ['DL3006 line 1', GOOD.replace(':24.1.0-slim', '')],
    ['DL3007 line 1', GOOD.replace(':24.1.0-slim', ':latest')],
    ['DL3008 line 5', `${GOOD}RUN apt-get install -y --no-install-recommends git`],
    ['DL3009 line 5', `${GOOD}RUN apt-get update`],
    ['DL3015 line 5', `${GOOD}RUN apt-get install -y git=1`],
    ['DL3016 line 5', `${GOOD}RUN npm install --global npm`],
    ['DL3020 line 5', `${GOOD}ADD a /a`],
    ['DL3021 line 5', `${GOOD}COPY a b /c`],
    ['DL3022 line 5', `${GOOD}COPY --from=nowhere /a /b`],
    ['DL3024 line 2', `FROM node:24.1.0 AS a\nFROM node:24.1.0 AS a\n${GOOD}`],
    ['DL3025 line 4', GOOD.replace('["a"]', 'a')],
    ['DL3027 line 5', `${GOOD}RUN apt install -y git`],
    ['DL3045 line 2', GOOD.replace('WORKDIR', 'COPY a b\nWORKDIR')],
    ['DL3059 line 6', `${GOOD}RUN true\nRUN true`],
    ['DL4000 line 5', `${GOOD}MAINTAINER Ada`],
    ['DL4003 line 5', `${GOOD}CMD ["b"]`],
    ['DL4004 line 6', `${GOOD}ENTRYPOINT ["a"]\nENTRYPOINT ["b"]`],
    ['DL4006 line 5', `${GOOD}RUN true | \\\n  true`],
    ['version line 1', GOOD.replace('24.1.0-slim', '24')],
    ['secrets line 5', `${GOOD}ENV API_KEY=x`],
    ['secrets line 5', `${GOOD}ARG NPM_TOKEN`],
  ])('%s is found', (finding, broken) => {
    expect(lint(broken)).toContain(finding)
  })

  test('each is tested here and listed in the docs', () => {
    const docs = readFileSync(join(ROOT, 'docs/how-to/container.md'), 'utf8')
    for (const { code, holds } of RULES) expect(docs).toContain(`| ${/^DL/.test(code) ? code : 'our own'} | ${holds} |`)
    const own = readFileSync(fileURLToPath(import.meta.url), 'utf8')
    expect(RULES.filter(({ code }) => !own.includes(`['${code} line`))).toEqual([])
  })
})

const hasHadolint = spawnSync('hadolint', ['--version']).status === 0

test.skipIf(!hasHadolint)('hadolint, if installed, agrees', () => {
  expect(execFileSync('hadolint', ['--no-fail', join(ROOT, 'Dockerfile')], { encoding: 'utf8' })).toBe('')
})
