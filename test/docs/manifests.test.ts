import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { type LoadedManifest, loadManifest } from '../../src/config/load.ts'
import { recipeAt, recipeNames, shippedRecipes } from '../../src/config/recipes.ts'
import { Redactor } from '../../src/diagnostics/redactor.ts'
import { isObject, type Json, type JsonObject } from '../../src/json.ts'
import { checkExpressions, checkStreams } from '../../src/mapping/check.ts'
import { compileExpression } from '../../src/mapping/expression.ts'
import { openSource } from '../../src/sources/registry.ts'
import { liveReading } from '../../src/sources/snapshot/placement.ts'
import { command, folderOf } from '../cli/harness.ts'
import { FIREBASE } from '../kinds/passwords/firebase.ts'
import { docPages } from './pages.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** A manifest fragment on a page. */
interface Piece {
  /** `docs/how-to/roles.md:31` */
  place: string
  page: string
  /**
   * The name of the page without folder and extension. For the guide of an origin, it is the name
   * of the recipe.
   */
  name: string
  text: string
}

const pages = ['README.md', ...docPages].filter((name) => !name.startsWith('docs/decisions/')).toSorted()

const PIECES: readonly Piece[] = pages.flatMap((page) => {
  const text = readFileSync(join(ROOT, page), 'utf8')
  return [...text.matchAll(/^( *)```ya?ml\n(.*?)^ *```/gms)].map(({ index, 1: indent = '', 2: block = '' }) => ({
    place: `${page}:${text.slice(0, index).split('\n').length}`,
    page,
    name: /([\w-]+)\.md$/.exec(page)?.[1] ?? '',
    text: block.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  }))
})

/** Fragments below the level of sections, with the sections that contain them. */
const PARTS: Readonly<Record<string, (part: Json | undefined) => JsonObject>> = {
  users: (users = null) => ({ source: { type: 'file', streams: { users } } }),
  prefer: (prefer = null) => ({ dedupe: { user: { prefer } } }),
}

const recipes = recipeNames(shippedRecipes)

/** Recipes that need the recipe of an origin. */
const SITUATIONS = ['one-organization', 'organization-per-domain', 'organization-from-metadata']

/** Sources without a recipe. */
const OF_ANY_SHAPE = ['file', 'postgres', 'mysql']

/** The sources for fragments without one. */
const SOURCES: Readonly<Record<string, JsonObject>> = {
  auth0: { type: 'auth0', users: './users.ndjson' },
  clerk: { type: 'clerk', users: './clerk-export.csv' },
  csv: { type: 'csv', path: './users.csv' },
}

/**
 * Completes a fragment to a manifest: with the recipe of the guide or a CSV source, and a target.
 */
function whole({ name, text }: Piece): JsonObject {
  const parsed: JsonObject = parse(text) ?? {}
  const [first = ''] = Object.keys(parsed)
  const piece: JsonObject = { ...PARTS[first]?.(parsed[first]), ...(PARTS[first] === undefined && parsed) }
  const origin = recipes.includes(name) && !SITUATIONS.includes(name) ? name : undefined
  const whole: JsonObject = { target: { type: 'sandbox' }, ...piece }
  const source = isObject(piece.source) ? piece.source : {}
  const extended = [piece.extends].flat().filter((base) => typeof base === 'string' && recipes.includes(base))
  if (extended.length === 0 && source.type === undefined) {
    if (origin !== undefined && SOURCES[origin] === undefined) whole.extends = origin
    else if (source.streams !== undefined) whole.extends = 'authjs'
    else whole.source = { ...SOURCES[origin ?? 'csv'], ...source }
  }
  if (OF_ANY_SHAPE.includes(String(source.type)) && extended.length === 0) whole.map ??= { user: { email: 'email' } }
  if (extended.includes('firebase') || whole.extends === 'firebase') {
    whole.secrets ??= { firebaseSignerKey: '${FIREBASE_SIGNER_KEY}' }
  }
  return whole
}

/** Values for all variables. @param dialect of the database in DATABASE_URL */
const variables = (dialect = 'postgres') =>
  new Proxy<Record<string, string>>(
    {},
    {
      get(_, name) {
        if (name === 'HOME') return '/'
        return name === 'DATABASE_URL' ? `${dialect}://reader:secret@db.example.com/app` : FIREBASE.signerKey
      },
    },
  )

const ENV = variables()

/** Next to the manifest that a page can extend. */
const PIECE = 'piece.yaml'

async function load(
  folder: string,
  manifest: JsonObject,
  { path = 'migrate.config.yaml', environment }: { path?: string; environment?: string } = {},
): Promise<LoadedManifest> {
  writeFileSync(join(folder, path), JSON.stringify(manifest))
  const { type } = isObject(manifest.source) ? manifest.source : {}
  const isMysql = type === 'mysql' || String(manifest.extends).endsWith('-mysql')
  const env = variables(isMysql ? 'mysql' : 'postgres')
  return loadManifest({ path, cwd: folder, env, redactor: new Redactor(), ...(environment && { environment }) })
}

describe('every manifest fragment on the pages', () => {
  test('is found', () => {
    expect(PIECES.length).toBeGreaterThan(100)
  })

  test.each(PIECES.map((piece) => [piece.place, piece] as const))('is valid: %s', async (_place, piece) => {
    const folder = folderOf({ 'our-organizations.yaml': '{}', 'base.yaml': '{}', 'migrate.config.yaml': '{}' })
    const manifest = whole(piece)
    const loaded = await load(folder, manifest, { path: PIECE })
    expect(checkExpressions(loaded).filter(({ severity }) => severity !== 'warning')).toEqual([])
    const nothing = { directory: folder, scratch: folder, reject: () => {}, warn: () => {} }
    const { streams } = await openSource(loaded.manifest.source, nothing)
    const recipe = (path: readonly string[]) => recipeAt(loaded.originOf(path))
    expect(checkStreams(loaded.manifest.map, streams, recipe).filter(({ severity }) => severity !== 'warning')).toEqual(
      [],
    )
    for (const environment of Object.keys(isObject(manifest.environments) ? manifest.environments : {})) {
      await load(folder, manifest, { path: PIECE, environment })
    }
  })

  test.each(
    PIECES.filter(({ name, page }) => page.includes('/sources/') && existsSync(join(ROOT, 'examples', name))).map(
      (piece) => [piece.place, piece] as const,
    ),
  )('leaves in who is in the sample of its origin: %s', async (_place, piece) => {
    const folder = folderOf({})
    cpSync(join(ROOT, 'examples', piece.name), folder, { recursive: true })
    const sample = parse(readFileSync(join(folder, 'migrate.config.yaml'), 'utf8'))
    const manifest = { ...whole(piece), target: { type: 'sandbox' }, safety: { maxRejects: 1000 } }
    const loaded = await load(folder, manifest)
    // The samples are files.
    if ((await liveReading(loaded.manifest.source)) !== undefined) return
    const { streams } = loaded.manifest.source as { streams?: Record<string, { path: string }> }
    const given: Record<string, { path: string }> = sample.source?.streams ?? {}
    // A file name on the page means the file of the sample, unless its format differs.
    for (const [name, { path }] of Object.entries(streams ?? {})) {
      const file = given[name]?.path
      const isAlike = file !== undefined && extname(file) === extname(path)
      if (isAlike && !existsSync(join(folder, path))) cpSync(join(folder, file), join(folder, path))
    }
    if (Object.values(streams ?? {}).some(({ path }) => !existsSync(join(folder, path)))) return
    if (/(records|columns):/.test(piece.text)) return
    const { code, stdout, stderr } = await command(['plan', '--json'], { cwd: folder, env: ENV })
    expect([0, 5], stderr).toContain(code)
    const plan = JSON.parse(stdout)
    expect(plan.summary.warnings.map(({ code: warning }: { code: string }) => warning)).not.toContain(
      'everybody_left_out',
    )
    expect(plan.summary.kinds.find(({ kind }: { kind: string }) => kind === 'user').desired).toBeGreaterThan(0)
  })
})

/** Conditions of user rules by place. */
function conditions(): (readonly [string, string, JsonObject])[] {
  const manifests: [string, unknown][] = [
    ...PIECES.map((piece): [string, unknown] => [piece.place, whole(piece)]),
    ...recipes.map((name): [string, unknown] => [
      `recipes/${name}.yaml`,
      parse(readFileSync(join(shippedRecipes, `${name}.yaml`), 'utf8')),
    ]),
  ]
  return manifests.flatMap(([place, manifest]) => {
    const { map = {}, vars = {} } = manifest as { map?: Record<string, { when?: string } | null>; vars?: JsonObject }
    return ['user', 'organization', 'membership', 'roleAssignment', 'role'].flatMap((kind) => {
      const when = map[kind]?.when
      return when === undefined ? [] : [[`${place} ${kind}`, when, vars] as const]
    })
  })
}

test.each(conditions())('a record without the value is accepted: %s', async (_place, when, vars) => {
  const compiled = compileExpression(when, undefined, { vars, secrets: {} })
  if (!compiled.ok) throw new Error(compiled.message)
  const record = { id: '1', email: 'ada@example.com' }
  expect(await compiled.expression.evaluate(record, record)).toBe(true)
})
