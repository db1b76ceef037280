import type { Origin } from '../sources/source.ts'
import { originOf, placeOf, type RunDatabase } from './run-database.ts'

/**
 * A name in the source from which an expression made a key or a slug. Two names with one slug are
 * two different things in the source.
 */
export interface DerivedName {
  /** The kind of the name, or `role`. */
  kind: string
  /** The key or slug made from it. */
  derived: string
  /** Its value in drafts: `roles.map` can translate a slug. */
  slug: string
  /** The organization of a role assignment. Empty: none, or irrelevant. */
  scope: string
  name: string
  /** `roles.map` lists the name, so the manifest decides. */
  mapped: boolean
  /** The first place of the name. */
  seq: number
  origin: Origin
}

/** Chunks finish in any order: the first place of a name is that of the first record. */
export function insertName(rundb: RunDatabase, name: DerivedName): void {
  rundb.run(
    `INSERT INTO names VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET seq = excluded.seq, file = excluded.file, line = excluded.line WHERE excluded.seq < seq`,
    name.kind,
    name.derived,
    name.slug,
    name.scope,
    name.name,
    name.seq,
    name.mapped ? 1 : 0,
    ...placeOf(rundb, name.origin),
  )
}

/** Names of the source with one key or slug in one place. */
export interface Collision {
  slug: string
  place: string
  /** Their slugs in drafts. */
  slugs: string[]
  /** Their values in grants: names that the manifest maps, else slugs. */
  given: string[]
  /** The names, each with its first place. */
  names: [name: string, origin: string][]
}

/** Selects names that collide. */
export interface CollisionQuery {
  /** The kind of the names. */
  of: string
  /** The column that must be equal. */
  slug: 'derived' | 'slug'
  /** The place in which a name `n` counts, as SQL. */
  place: string
  /** Which names `n` count, as SQL. */
  condition: string
  /** Which of the names that share a slug collide, as SQL. */
  having: string
}

export function hasNames(rundb: RunDatabase): boolean {
  return rundb.count('SELECT EXISTS (SELECT 1 FROM names)') > 0
}

/** Names of one key or slug in one place. */
export function* collisionsOf(rundb: RunDatabase, query: CollisionQuery): Generator<Collision> {
  const { of, slug, place, condition, having } = query
  const rows = rundb.spool(
    `SELECT ${slug} AS slug, place, json_group_array(DISTINCT slug) AS slugs,
       json_group_array(DISTINCT iif(mapped, name, derived)) AS given,
       json_group_array(json_array(name, origin) ORDER BY seq, name) AS names
     FROM (
       SELECT n.derived, n.slug, n.name, n.mapped, min(n.seq) AS seq, ${originOf('n')}, ${place} AS place
       FROM names n JOIN files f ON f.id = n.file WHERE n.kind = ?1 AND ${condition} GROUP BY n.${slug}, place, n.name)
     GROUP BY ${slug}, place HAVING count(DISTINCT name) > 1 ${having} ORDER BY ${slug}, place`,
    of,
  )
  for (const row of rows) {
    yield {
      slug: String(row.slug),
      place: String(row.place),
      slugs: JSON.parse(String(row.slugs)).map(String),
      given: JSON.parse(String(row.given)).map(String),
      names: JSON.parse(String(row.names)),
    }
  }
}

/** Stores a collided slug for `collidedRows`. */
export function insertCollided(
  rundb: RunDatabase,
  { of, slug, place, message, hint }: { of: string; slug: string; place: string; message: string; hint: string },
): void {
  rundb.run('INSERT OR IGNORE INTO collided VALUES (?, ?, ?, ?, ?)', of, slug, place, message, hint)
}

export function hasCollided(rundb: RunDatabase): boolean {
  return rundb.count('SELECT EXISTS (SELECT 1 FROM collided)') > 0
}

/** The drafts or grants with a collided slug. @param found returns `id`, `message`, `hint` */
export function* collidedRows(
  rundb: RunDatabase,
  found: string,
): Generator<{ id: number; message: string; hint: string }> {
  for (const { id, message, hint } of rundb.spool(found)) {
    yield { id: Number(id), message: String(message), hint: String(hint) }
  }
}
