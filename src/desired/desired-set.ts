import type { SQLOutputValue } from 'node:sqlite'
import type { DesiredResource } from '../resource.ts'
import { desiredFromRow } from '../rundb/desired.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import type { Accounting } from './accounting.ts'
import { countNamed, type LeftOutItem, leftOutItems } from './left-out.ts'
import type { ScopeReport } from './scope/scope-report.ts'

/** A refused resource or record, with its place in the source. */
export interface RejectedItem {
  kind: string
  key: string | null
  code: string
  field: string | null
  message: string
  hint: string | null
  /** `users.csv:12`. */
  origin: string
  /** Records of the source that it stands for. */
  records: number
}

/** How many resources a remark concerns. */
export interface NoteCount {
  kind: string
  code: string
  detail: string
  count: number
}

/** Merged records whose resource was not refused after all. */
const ACCEPTED_MERGES = 'merges m JOIN desired d ON d.kind = m.kind AND d.key = m.key'

/** A record that merged into another one, and the values of it that were not taken. */
export interface MergedRecord {
  kind: string
  key: string
  merged: string
  /** Equal records that this stands for. */
  records: number
  origin: string
  conflicts: { field: string; rule: string; kept?: unknown; dropped?: unknown }[]
}

/** What a set was read from. */
export interface SourceReading {
  /** Only a part of the source was asked for: what the set lacks may be in the source all the same. */
  partial: boolean
  /** The snapshot, if there is one: its folder, and when reading the source began. */
  snapshot?: { folder: string; startedAt: string }
}

/** The desired set of one run, in its staging database. */
export class DesiredSet {
  readonly rundb: RunDatabase
  readonly accounting: Accounting
  readonly reading: SourceReading
  /** Of whom the set speaks; undefined: of everybody in the source. */
  readonly scope: ScopeReport | undefined
  /** Digests of the files that were read, by name. */
  readonly files: ReadonlyMap<string, string>

  constructor(
    rundb: RunDatabase,
    accounting: Accounting,
    reading: SourceReading = { partial: false },
    files: ReadonlyMap<string, string> = new Map(),
    scope?: ScopeReport,
  ) {
    this.files = files
    this.rundb = rundb
    this.accounting = accounting
    this.reading = reading
    this.scope = scope
  }

  count(kind: string): number {
    return this.rundb.count('SELECT count(*) FROM desired WHERE kind = ?', kind)
  }

  get(kind: string, key: string): DesiredResource | undefined {
    const row = this.rundb.statement('SELECT * FROM desired WHERE kind = ? AND key = ?').get(kind, key)
    return row && desiredFromRow(row)
  }

  /** Where the resource's first record stands: `users.csv:12`; for what the manifest itself declares, `the manifest`. */
  origin(kind: string, key: string): string {
    const row = this.rundb
      .statement(
        `SELECT f.name || coalesce(':' || d.line, '') AS origin FROM desired d JOIN files f ON f.id = d.file
         WHERE d.kind = ? AND d.key = ?`,
      )
      .get(kind, key)
    return row === undefined ? 'the manifest' : String(row.origin)
  }

  /** Everything that was refused, in the order of the records. */
  *rejects(): Generator<RejectedItem> {
    const rows = this.rundb.db
      .prepare(
        `SELECT r.*, f.name || coalesce(':' || r.line, '') AS origin FROM rejects r JOIN files f ON f.id = r.file
         ORDER BY r.file, r.line, r.rowid`,
      )
      .iterate()
    for (const row of rows) {
      yield {
        kind: String(row.kind),
        key: text(row.key),
        code: String(row.code),
        field: text(row.field),
        message: String(row.message),
        hint: text(row.hint),
        origin: String(row.origin),
        records: Number(row.records),
      }
    }
  }

  /** Records that the manifest leaves out, in their order. */
  leftOut(limit = Number.POSITIVE_INFINITY): Generator<LeftOutItem> {
    return leftOutItems(this.rundb, this.accounting.records.leftOutBy, limit)
  }

  /** How many of them there are, by name. */
  leftOutCount(): number {
    const { leftOut, ignored } = countNamed(this.rundb)
    return leftOut + ignored
  }

  rejectCount(): number {
    return this.rundb.count('SELECT sum(records) FROM rejects')
  }

  /** Refused items by kind and code, most first. */
  rejectCounts(): { kind: string; code: string; count: number }[] {
    return this.rundb
      .statement('SELECT kind, code, sum(records) AS n FROM rejects GROUP BY kind, code ORDER BY n DESC, kind, code')
      .all()
      .map((row) => ({ kind: String(row.kind), code: String(row.code), count: Number(row.n) }))
  }

  /** Remarks on resources that are in the desired set, most first. What a merge gave back, a password or metadata, is not missed. */
  noteCounts(): NoteCount[] {
    return this.rundb
      .statement(
        `SELECT n.kind, n.code, n.detail, count(DISTINCT d.key) AS n FROM notes n
         LEFT JOIN aliases a ON a.kind = n.kind AND a.key = n.key
         JOIN desired d ON d.kind = n.kind AND d.key = coalesce(a.canonical, n.key)
         WHERE n.code NOT IN ('unmapped_role', 'totp_unsupported') AND NOT (n.code IN ('password_reset_required', 'password_weak_reset') AND d.secrets IS NOT NULL)
           AND NOT (n.kind = 'user' AND n.code IN ('totp_weak_secret', 'totp_encoding_ambiguous', 'totp_several')
             AND NOT EXISTS (SELECT 1 FROM desired t WHERE t.kind = 'totp-factor' AND t.key = d.key))
           AND NOT (n.code IN ('metadata_key_dropped', 'metadata_value_dropped', 'metadata_non_ascii_dropped')
             AND EXISTS (SELECT 1 FROM json_each(d.attributes, '$.metadata') m WHERE m.key = n.detail))
         GROUP BY n.kind, n.code, n.detail ORDER BY n DESC, n.kind, n.code, n.detail`,
      )
      .all()
      .map((row) => ({
        kind: String(row.kind),
        code: String(row.code),
        detail: String(row.detail),
        count: Number(row.n),
      }))
  }

  /** How many records have a value that merging did not take, and how many merged into an earlier one without a difference. */
  mergeCounts(): { kind: string; different: number; alike: number }[] {
    const rows = this.rundb
      .statement(
        `SELECT m.kind, sum(max(m.records, 1)) AS n, sum(m.records) AS merged FROM ${ACCEPTED_MERGES}
         WHERE m.conflicts <> '[]' GROUP BY m.kind`,
      )
      .all()
    const byKind = new Map(rows.map((row) => [String(row.kind), row]))
    return this.accounting.kinds
      .map(({ kind, merged }) => ({ kind, merged: this.scope === undefined ? merged : this.#mergedIn(kind) }))
      .filter(({ merged }) => merged > 0)
      .map(({ kind, merged }) => {
        const row = byKind.get(kind)
        return { kind, different: Number(row?.n ?? 0), alike: merged - Number(row?.merged ?? 0) }
      })
  }

  #mergedIn(kind: string): number {
    return this.rundb.count('SELECT sum(records - 1) FROM desired WHERE kind = ? AND records > 0', kind)
  }

  /** How many users were merged from several records, and from how many. */
  mergedUsers(): { users: number; records: number } {
    const merged = this.accounting.kinds.some(({ kind, merged }) => kind === 'user' && merged > 0)
    const row = merged
      ? this.rundb
          .statement(
            "SELECT count(*) AS users, sum(records) AS records FROM desired WHERE kind = 'user' AND records > 1",
          )
          .get()
      : undefined
    return { users: Number(row?.users ?? 0), records: Number(row?.records ?? 0) }
  }

  /** Records that merged into another key, and those that lost a value: these first. */
  merges(): Generator<MergedRecord> {
    return this.#merges("1 ORDER BY m.conflicts = '[]', m.kind, m.key, m.seq")
  }

  /** Records of a kind with a value that was not taken, in the order of the records. */
  differingMerges(kind: string, limit: number): Generator<MergedRecord> {
    const bound = Number.isFinite(limit) ? limit : -1
    return this.#merges("m.kind = ? AND m.conflicts <> '[]' ORDER BY m.seq, m.rowid LIMIT ?", kind, bound)
  }

  *#merges(condition: string, ...parameters: (string | number)[]): Generator<MergedRecord> {
    const rows = this.rundb.db
      .prepare(
        `SELECT m.*, f.name || coalesce(':' || m.line, '') AS origin FROM ${ACCEPTED_MERGES} JOIN files f ON f.id = m.file
         WHERE ${condition}`,
      )
      .iterate(...parameters)
    for (const row of rows) {
      yield {
        kind: String(row.kind),
        key: String(row.key),
        merged: String(row.merged),
        records: Number(row.records),
        origin: String(row.origin),
        conflicts: JSON.parse(String(row.conflicts)),
      }
    }
  }

  close(): void {
    this.rundb.close()
  }
}

function text(value: SQLOutputValue | undefined): string | null {
  return value === null || value === undefined ? null : String(value)
}
