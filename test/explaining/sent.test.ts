import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { ExplanationDocument } from '../../src/explaining/explanation.ts'
import { isObject } from '../../src/json.ts'
import type { WriteRequest } from '../../src/workos/api.ts'
import { createProject, type Project } from '../e2e/cli.ts'
import { KEY, startWorkos } from '../e2e/workos.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const examples = readdirSync(join(root, 'examples')).filter((name) =>
  existsSync(join(root, 'examples', name, 'migrate.config.yaml')),
)
/** Samples that are databases have a server in other tests. */
const manifests = ['migrate.config.yaml', ...examples.map((name) => `examples/${name}/migrate.config.yaml`)].filter(
  (name) => !/^ *type: (postgres|mysql)$/m.test(readFileSync(join(root, name), 'utf8')),
)

/** Number of resources compared per kind. */
const EACH = 4

/** A copy of the examples, one with an environment `proof` that has this target. */
function exampleProject(manifest: string, target: object): Project {
  const project = createProject()
  cpSync(join(root, 'examples'), project.path('examples'), {
    recursive: true,
    filter: (file) => !file.endsWith('.workos-migrate'),
  })
  const text = readFileSync(join(root, manifest), 'utf8')
  const proof = `  proof: { target: ${JSON.stringify(target)}, state: { path: .workos-migrate/proof.sqlite } }`
  const [, own] = /^(environments:)$/m.exec(text) ?? []
  project.write(
    manifest,
    own ? text.replace(/^environments:$/m, `environments:\n${proof}`) : `${text}\nenvironments:\n${proof}\n`,
  )
  return project
}

/** Whether a body is as shown. For a secret, only its presence counts. */
function isTold(sent: unknown, told: unknown): boolean {
  if (typeof told === 'string' && told.startsWith('(secret')) return typeof sent === 'string' && sent !== told
  if (Array.isArray(told))
    return Array.isArray(sent) && sent.length === told.length && told.every((one, index) => isTold(sent[index], one))
  if (!isObject(told) || !isObject(sent)) return sent === told
  const names = new Set([...Object.keys(told), ...Object.keys(sent)])
  return [...names].every((name) => isTold(sent[name], told[name]))
}

describe('the shown requests are those of apply', () => {
  test.each(manifests)('%s', async (manifest) => {
    const workos = await startWorkos()
    const project = exampleProject(manifest, workos.target)
    const [options, env] = [['-c', manifest, '-e', 'proof'], { KEY }]
    const plan = await project.run(['plan', '--json', '--mask', 'none', ...options], { env })
    const actions: { type: string; kind: string; key: string }[] = JSON.parse(plan.stdout).actions
    const counts = new Map<string, number>()
    const told: { address: string; requests: WriteRequest[] }[] = []
    for (const { type, kind, key } of actions) {
      const count = counts.get(kind) ?? 0
      if (count >= EACH) continue
      counts.set(kind, count + 1)
      const address = `${kind}:${key}`
      const { stdout, stderr } = await project.run(['explain', address, '--json', ...options], { env })
      expect(stdout, stderr).not.toBe('')
      const { explanations }: ExplanationDocument = JSON.parse(stdout)
      expect(explanations[0], address).toMatchObject({ address, action: { type } })
      told.push({ address, requests: explanations[0]?.requests ?? [] })
    }
    workos.takeLog()
    const applied = await project.run(['apply', '--yes', ...options], { env })
    expect(applied.exit, applied.stderr).toBe(0)
    const writes = workos.takeLog().filter(({ method }) => method !== 'GET')
    const listed = await project.run(['state', 'list', '--json', '--mask', 'none', ...options], { env })
    const ids = new Map<string, string>()
    for (const line of listed.stdout.trim().split('\n')) {
      const { kind, key, workos_id: id }: { kind: string; key: string; workos_id: string } = JSON.parse(line)
      ids.set(`${kind}:${key}`, id)
    }
    const known = (text: string) =>
      text.replace(/\(id of (.+?)\)/g, (_, address: string) => ids.get(address) ?? `?${address}`)
    expect(told.length).toBeGreaterThan(0)
    for (const { address, requests } of told) {
      expect(requests.length, address).toBeGreaterThan(0)
      for (const request of requests) {
        const { method, path, body } = JSON.parse(known(JSON.stringify(request)))
        const sent = writes.filter((one) => one.method === method && one.path === path)
        expect(
          sent.filter((one) => isTold(one.body ?? {}, body ?? {})),
          `${address}: ${JSON.stringify(request)} is not among ${sent.length} requests`,
        ).toHaveLength(1)
      }
    }
  })
})
