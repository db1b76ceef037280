import type { LineRecord } from '../../record-file.ts'
import type { Snapshot } from '../../snapshot/snapshot.ts'
import { STREAMS } from '../snapshot-rows.ts'

/** The connections of a tenant, each with the `organizations` that it is enabled for: `[{ id }]`, in order. */
export async function* connectionRecords(snapshot: Snapshot, signal?: AbortSignal): AsyncGenerator<LineRecord[]> {
  const organizations = new Map<string, string[]>()
  for await (const rows of snapshot.read(STREAMS.enabledConnections, signal)) {
    for (const { data } of rows) {
      const connection = String(data.connection_id)
      const ids = organizations.get(connection) ?? []
      ids.push(String(data.organization_id))
      organizations.set(connection, ids)
    }
  }
  for await (const rows of snapshot.read(STREAMS.connections, signal)) {
    yield rows.map(({ line, data }) => {
      const ids = (organizations.get(String(data.id)) ?? []).toSorted()
      return { line, data: { ...data, organizations: ids.map((id) => ({ id })) } }
    })
  }
}
