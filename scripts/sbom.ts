/**
 * npm run sbom [-- FILE]: the bill of materials as CycloneDX JSON, by default sbom.cdx.json. It
 * comes from package-lock.json, so it covers all platforms and needs no installation.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { bomOfPackage } from './shipped/sbom.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const [file = 'sbom.cdx.json'] = process.argv.slice(2)
const options = ['--sbom-format', 'cyclonedx', '--sbom-type', 'application', '--package-lock-only']
const said = execFileSync('npm', ['sbom', ...options], { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
const { name } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const bom = bomOfPackage(JSON.parse(said), name)
writeFileSync(file, `${JSON.stringify(bom, null, 2)}\n`)
process.stdout.write(`${file}: ${bom.components.length} packages\n`)
