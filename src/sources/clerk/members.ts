import type { JsonObject } from '../../json.ts'
import { JoinTable } from '../join-table.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import type { ReadContext, StreamCount } from '../source.ts'
import { GONE, MEMBERSHIPS, ORGANIZATION_ROLES } from './objects.ts'
import { membershipRow } from './user-record.ts'

/** The memberships of a snapshot, waiting for their users. */
export class Members {
  readonly #context: ReadContext
  readonly #file: string
  #table: JoinTable | undefined
  #read = 0
  #rejected = 0

  /** @param file what their place is called */
  constructor(context: ReadContext, file: string) {
    this.#context = context
    this.#file = file
  }

  /** Memberships of users who were deleted while the instance was read are not there any more either. */
  async load(snapshot: Snapshot): Promise<void> {
    const { scratch, signal } = this.#context
    const gone = new Set<unknown>()
    for await (const rows of snapshot.read(GONE, signal)) for (const { data } of rows) gone.add(data.id)
    const listed = new Set<unknown>()
    for await (const rows of snapshot.read(ORGANIZATION_ROLES, signal))
      for (const { data } of rows) listed.add(data.key)
    this.#table = new JoinTable(scratch, MEMBERSHIPS, this.#file)
    for await (const rows of snapshot.read(MEMBERSHIPS, signal)) {
      const own = rows.filter(({ data }) => !gone.has(data.user_id))
      this.#read += own.length
      this.#table.load(
        own.map(({ line, data }) => ({ key: String(data.user_id), line, data: membershipRow(data, listed) })),
      )
    }
    this.#table.finish()
  }

  /** For each user the rows of its memberships, oldest first. */
  of(users: readonly JsonObject[]): JsonObject[][] {
    return this.#table?.take(users.map(({ id }) => String(id))) ?? []
  }

  /** Refuses those whose user never came. */
  rejectUnused(): void {
    for (const { key, line } of this.#table?.unused() ?? []) {
      this.#rejected++
      const origin = { file: this.#file, line }
      const message = `there is no user "${key}" among those that were read`
      const hint = 'read the instance again: --fresh'
      this.#context.reject({
        stream: MEMBERSHIPS,
        origin,
        problem: { code: 'no_such_user', message, hint, at: origin },
      })
    }
  }

  count(): StreamCount {
    const passed = this.#read - this.#rejected
    return { stream: MEMBERSHIPS, file: this.#file, role: 'joined', read: this.#read, passed, rejected: this.#rejected }
  }

  close(): void {
    this.#table?.close()
  }
}
