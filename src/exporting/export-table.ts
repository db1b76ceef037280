import { resolve } from 'node:path'
import type { LoadedManifest } from '../config/load.ts'
import { UsageError } from '../diagnostics/errors.ts'
import { secretsOfUrl } from '../diagnostics/redactor.ts'
import { kindDefinitions } from '../kinds/registry.ts'
import { describeEndpoint, type Endpoint, endpointIn } from '../postgres/endpoint.ts'
import type { OpenState } from '../state/store.ts'
import { unsetReference } from './rules.ts'
import { exportToTable, type TableResult } from './table.ts'
import { explained, explainedEndpoint } from './table-errors.ts'

/** Exports a state to the table of `export.postgres`. */

export interface TableRequest {
  kind?: string
  force?: boolean
}

/** @returns `place`: the database without its password, and the table, for messages */
export async function exportTable(
  state: OpenState,
  loaded: LoadedManifest,
  request: TableRequest,
): Promise<{ place: string; result: TableResult }> {
  const said = loaded.manifest.export?.postgres
  if (said === undefined) {
    const hint = 'add export: { postgres: { url: "${APP_DATABASE_URL}", table: workos_ids } } to the manifest'
    throw new UsageError({
      code: 'no_table',
      message: 'the manifest does not set the database and table for the IDs',
      hint,
    })
  }
  const unset = loaded.unresolved.find(([section, part]) => section === 'export' && part === 'postgres')
  if (unset !== undefined) throw unsetReference(loaded, unset)
  for (const secret of secretsOfUrl(said.url)) loaded.redactor.register(secret)
  const kinds = said.kinds ?? kindDefinitions.map(({ name }) => name)
  if (request.kind !== undefined && !kinds.includes(request.kind)) {
    const message = `export.postgres.kinds does not contain ${request.kind}`
    throw new UsageError({ code: 'options_contradict', message, hint: 'add it there, or remove --kind' })
  }
  const table = said.table.split('.')
  const placeOf = (key: 'url' | 'ca') => {
    const path = ['export', 'postgres', key]
    return { path: path.join('.'), at: loaded.locate(path) }
  }
  let endpoint: Endpoint | undefined
  try {
    endpoint = endpointIn(said.url)
    const options = {
      endpoint,
      ca: said.ca === undefined ? undefined : resolve(loaded.directory, said.ca),
      table,
      kinds,
      kind: request.kind,
      removed: said.removed,
      batch: said.batch,
      force: request.force ?? false,
    }
    const result = await state.withContent((content) => exportToTable(content, options))
    return { place: `${said.table} of ${describeEndpoint(endpoint)}`, result }
  } catch (error) {
    const place = endpoint === undefined ? '' : describeEndpoint(endpoint)
    throw explained(explainedEndpoint(error, placeOf), { place, table })
  }
}
