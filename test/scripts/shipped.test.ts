import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'
import { describe, expect, test } from 'vitest'
import { ALLOWED, checkLicenses, isAllowed } from '../../scripts/shipped/licenses.ts'
import { BUNDLED, readLock, shippedPackages } from '../../scripts/shipped/packages.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const shipped = shippedPackages(readLock())

describe('an SPDX expression', () => {
  test.each([
    ['MIT', true],
    ['GPL-3.0-only', false],
    ['(MIT OR GPL-2.0-only)', true],
    ['GPL-2.0-only OR MIT', true],
    ['MIT AND GPL-2.0-only', false],
    ['MIT AND (ISC OR MPL-2.0)', true],
    ['(MIT AND MPL-2.0) OR (ISC AND 0BSD)', true],
    ['MIT OR ISC AND MPL-2.0', true],
    ['Apache-2.0 WITH LLVM-exception', false],
    ['(MIT', false],
    ['MIT)', false],
    ['MIT ISC', false],
    ['', false],
    ['UNLICENSED', false],
    ['SEE LICENSE IN LICENSE.md', false],
    ['mit', false],
  ])('%j: %s', (expression, allowed) => {
    expect(isAllowed(expression)).toBe(allowed)
  })
})

describe('the packages that are shipped', () => {
  test('are those that npm installs, for every platform, and those in the script of the report', () => {
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    const names = shipped.map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining([...Object.keys(dependencies), ...BUNDLED]))
    expect(names).not.toContain('vitest')
    expect(shipped.filter(({ bundled }) => bundled).map(({ name }) => name)).toEqual(BUNDLED)
  })

  test('a nested package is found, once per version', () => {
    const packages = {
      '': { version: '1.0.0' },
      'node_modules/a': { version: '1.0.0', license: 'MIT' },
      'node_modules/b/node_modules/@c/a': { version: '2.0.0' },
      'node_modules/d/node_modules/a': { version: '1.0.0', license: 'MIT' },
      'node_modules/e': { version: '1.0.0', dev: true },
      'node_modules/f': { link: true },
    }
    expect(shippedPackages({ packages })).toEqual([
      { name: '@c/a', version: '2.0.0', bundled: false },
      { name: 'a', version: '1.0.0', license: 'MIT', bundled: false },
    ])
  })

  test('the bundled packages are those that the script of the report imports', () => {
    const { metafile } = buildSync({
      entryPoints: [join(ROOT, 'src/reporting/html/page/main.ts')],
      bundle: true,
      write: false,
      metafile: true,
      logLevel: 'silent',
    })
    const packages = Object.keys(metafile.inputs).flatMap(
      (path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? [],
    )
    expect([...new Set(packages)].sort()).toEqual(BUNDLED)
  })
})

describe('npm run licenses', () => {
  test('lists every package with its license, and all are allowed', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'scripts/licenses.ts')], {
      encoding: 'utf8',
    })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout.trimEnd().split('\n')).toHaveLength(shipped.length + 1)
    expect(stdout).toMatch(/^yaml@\S+ +ISC$/m)
    expect(stdout).toMatch(/^uplot@\S+ +MIT, in the script of the HTML report$/m)
  })

  test('rejects licenses that are not on the list, and packages without a license', () => {
    const named = (name: string, license?: string) => ({ name, version: '1.0.0', license, bundled: false })
    const { lines, refused } = checkLicenses([named('good', 'MIT'), named('strict', 'AGPL-3.0-only'), named('silent')])
    expect(refused.map(({ name }) => name)).toEqual(['strict', 'silent'])
    expect(lines).toContainEqual('silent@1.0.0  no licence named')
  })

  test('the docs list the allowed licenses', () => {
    const docs = readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8')
    expect([...ALLOWED].filter((licence) => !docs.includes(licence))).toEqual([])
  })
})

test('npm run sbom writes every shipped package, under the name of this package', () => {
  const file = join(temporaryFolder(), 'sbom.json')
  const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'scripts/sbom.ts'), file], { encoding: 'utf8' })
  expect(status, stderr).toBe(0)
  const bom = JSON.parse(readFileSync(file, 'utf8'))
  expect(bom).toMatchObject({ bomFormat: 'CycloneDX', metadata: { component: { name: 'workos-migrate' } } })
  const names = (bom.components as { name: string; version: string }[]).map(({ name, version }) => `${name}@${version}`)
  expect(names.sort()).toEqual(shipped.map(({ name, version }) => `${name}@${version}`).sort())
  const refs = new Set(names)
  const edges = bom.dependencies as { ref: string; dependsOn: string[] }[]
  const loose = edges.flatMap(({ ref, dependsOn }) => [ref, ...dependsOn]).filter((ref) => !refs.has(ref))
  expect(new Set(loose)).toEqual(new Set([bom.metadata.component['bom-ref']]))
  expect(bom.components.every(({ hashes }: { hashes?: unknown[] }) => hashes?.length === 1)).toBe(true)
})
