import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, globSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { toolVersion } from '../../src/version.ts'
import { oldNode } from '../old-node.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { WHOLE } from '../whole.ts'
import { pack } from './packed.ts'

/** Node.js 24 first, and no packages of this project. */
const PATH = [
  dirname(process.execPath),
  ...(process.env.PATH ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules')),
].join(delimiter)

/** The network settings of this machine: proxy and trusted certificates. */
const NETWORK = Object.fromEntries(
  Object.entries(process.env).filter(([name]) =>
    /^(NODE_EXTRA_CA_CERTS|https?_proxy|no_proxy|npm_config_(registry|cafile))$/i.test(name),
  ),
)

function run(program: string, args: readonly string[], cwd: string, path = PATH) {
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd,
    encoding: 'utf8',
    env: {
      ...NETWORK,
      PATH: path,
      HOME: cwd,
      npm_config_cache: process.env.npm_config_cache ?? `${process.env.HOME}/.npm`,
    },
  })
  return { status, stdout, stderr }
}

const INSTALL = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error']

// npm install requests what its cache does not have.
describe.skipIf(!WHOLE)('installed into an empty folder', () => {
  const folder = WHOLE ? realpathSync(mkdtempSync(join(tmpdir(), 'workos-migrate-package-'))) : ''
  const packages = join(folder, 'node_modules')
  const project = join(packages, 'workos-migrate')
  const bin = join(packages, '.bin')

  beforeAll(() => {
    const { filename } = pack('--pack-destination', folder)
    const { status, stderr } = run('npm', [...INSTALL, `./${filename}`], folder)
    expect(status, stderr).toBe(0)
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  /** A folder with the smallest example of the package. */
  function example(): string {
    const work = temporaryFolder()
    cpSync(join(project, 'examples/csv-minimal'), work, { recursive: true })
    return work
  }

  test('the package runs under both names, and plans and applies an example', () => {
    for (const name of ['workos-migrate', 'workos-declare']) {
      expect(run(join(bin, name), ['--version'], folder)).toEqual({
        status: 0,
        stdout: `${name} ${toolVersion} (declarative: reads migrate.config.yaml)\n`,
        stderr: '',
      })
    }
    const work = example()
    const planned = run(join(bin, 'workos-migrate'), ['plan', '--html', 'plan.html'], work)
    expect(planned.status, planned.stderr).toBe(0)
    expect(planned.stdout).toContain('organizations')
    expect(existsSync(join(work, 'plan.html'))).toBe(true)
    expect(run(join(bin, 'workos-declare'), ['apply', '--yes'], work)).toMatchObject({ status: 0 })
    expect(run(join(bin, 'workos-migrate'), ['plan', '--detailed-exitcode'], work)).toMatchObject({ status: 0 })
    expect(run('npx', ['--no-install', 'workos-declare', 'words'], folder)).toMatchObject({ status: 0 })

    const script = "import('workos-migrate').then(({ version }) => console.log(version))"
    expect(run(process.execPath, ['-e', script], folder).stdout.trim()).toBe(toolVersion)
  })

  const old = oldNode()
  test.skipIf(old === undefined)('an older Node.js reports the required version', () => {
    const before = [dirname(old ?? ''), PATH].join(delimiter)
    const { status, stdout, stderr } = run(join(bin, 'workos-declare'), ['plan'], folder, before)
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' })
    expect(stderr).toContain('needs Node.js 24 or later')
    expect(stderr.split('\n')).toHaveLength(3)
  })

  test('a source without its SDK names the command that installs it', () => {
    const work = temporaryFolder()
    const manifest = 'source: { type: cognito, userPools: eu-west-1_Example01 }\ntarget: { type: sandbox }\n'
    writeFileSync(join(work, 'migrate.config.yaml'), manifest)
    const { status, stderr } = run(join(bin, 'workos-migrate'), ['export'], work)
    expect(existsSync(join(packages, '@aws-sdk'))).toBe(false)
    expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringContaining('[package_missing]') })
    expect(stderr).toContain('npm install @aws-sdk/client-cognito-identity-provider')
  })

  test('no dependency runs a script on installation', () => {
    const manifests = globSync('**/package.json', { cwd: packages })
    const hooks = manifests.flatMap((path) => {
      const { scripts = {} } = JSON.parse(readFileSync(join(packages, path), 'utf8'))
      return ['preinstall', 'install', 'postinstall']
        .filter((hook) => hook in scripts)
        .map((hook) => `${path}: ${hook}`)
    })
    expect(manifests.length).toBeGreaterThan(30)
    expect(hooks).toEqual([])
  })

  test('the files of the image are enough to run', () => {
    const image = temporaryFolder()
    for (const part of ['dist', 'recipes', 'schemas', 'package.json'])
      cpSync(join(project, part), join(image, part), { recursive: true })
    cpSync(packages, join(image, 'node_modules'), {
      recursive: true,
      filter: (path) => path !== project,
      verbatimSymlinks: true,
    })
    const planned = run(process.execPath, [join(image, 'dist/cli/main.js'), 'plan'], example())
    expect(planned.status, planned.stderr).toBe(0)
  })

  test('npm installs no second global package with the same command', () => {
    const other = temporaryFolder()
    writeFileSync(join(other, 'main.js'), "#!/usr/bin/env node\nconsole.log('2.0.0')\n")
    writeFileSync(
      join(other, 'package.json'),
      JSON.stringify({ name: 'other', version: '2.0.0', bin: { 'workos-migrate': 'main.js' } }),
    )
    const prefix = temporaryFolder()
    const globally = [...INSTALL, '--global', '--prefix', prefix]
    const first = run('npm', [...globally, '--install-links', other], folder)
    expect(first.status, first.stderr).toBe(0)
    const second = run('npm', [...globally, '--install-links', project], folder)
    expect(second.status).not.toBe(0)
    expect(second.stderr).toContain('EEXIST')
    expect(run(join(prefix, 'bin/workos-migrate'), ['--version'], folder).stdout).toBe('2.0.0\n')
  })
})
