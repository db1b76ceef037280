import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { adviceFor, describeReapply, remedies, remedyFor } from '../../src/reporting/remedies.ts'

const src = fileURLToPath(new URL('../../src/', import.meta.url))

/** The code of a folder without comments. */
function codeIn(folder: string): string {
  return readdirSync(join(src, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(src, folder, file), 'utf8'))
    .join('\n')
    .replace(/\/\*.*?\*\//gs, '')
    .replace(/(^|\s)\/\/.*$/gm, '$1')
}

const found = (text: string, pattern: RegExp) => new Set([...text.matchAll(pattern)].map((match) => match[1] ?? ''))

/**
 * Texts in these folders that look like codes but are not codes of rejected, failed or blocked
 * resources.
 */
const OTHERS: Record<string, string[]> = {
  'ends the command': [
    'address_taken',
    'expression_stuck',
    'expression_too_large',
    'guard_deadline',
    'handoff_unwritable',
    'missing_file',
    'unreadable_file',
    'id_claimed',
    'limit_undone',
    'selects_nothing',
    'not_desired',
    'not_in_workos',
    'other_identity',
    'other_references',
    'reference_unknown',
    'bad_expression',
    'bad_signer_key',
    'bad_plan_file',
    'endless_list',
    'environment_mismatch',
    'environment_unknown',
    'misplaced_secret',
    'no_mapping',
    'not_a_folder',
    'not_workos',
    'stale_plan',
    'sum_mismatch',
    'target_mismatch',
    'totp_in_metadata',
    'unexpected_answer',
    'unknown_stream',
    'unknown_variable',
  ],
  'no code': ['in_scope', 'out_of_scope'],
  'why a deletion is skipped': ['changed_since', 'has_others', 'no_deletion', 'signed_in'],
  'a warning': [
    'column_not_in_file',
    'columns_unread',
    'everybody_left_out',
    'everybody_verified',
    'field_empty',
    'guessed_time',
    'lookalike_address',
    'live_key_in_staging',
    'many_left_out',
    'names_swapped',
    'nul_in_text',
    'one_role_for_all',
    'recipe_without_stream',
    'test_key_in_production',
    'unreadable_json',
    'written_null',
  ],
  'a case, whose rejections have codes of their own': [
    'same_email_different_external_ids',
    'same_external_id_different_emails',
  ],
  'a remark on something accepted': [
    'unknown_organization_rules',
    'secret_changed_in_source',
    'consumer_domain_dropped',
    'external_id_beside_id',
    'external_ids_cut',
    'external_ids_left_out',
    'external_ids_shared',
    'locale_unknown',
    'metadata_key_cut',
    'metadata_key_dropped',
    'metadata_key_renamed',
    'metadata_keys_above_limit',
    'metadata_non_ascii_dropped',
    'metadata_value_cut',
    'metadata_value_dropped',
    'password_beside_hash',
    'password_changed_in_source',
    'password_not_a_hash',
    'still_reduced',
    'password_reset_required',
    'password_weak_reset',
    'domain_states_differ',
    'role_default',
    'role_dropped',
    'role_lost',
    'role_of_group',
    'group_gives_role',
    'shared_domain_dropped',
    'similar_organization_names',
    'totp_changed_in_source',
    'totp_encoding_ambiguous',
    'totp_left_alone',
    'totp_several',
    'totp_unsupported',
    'totp_weak_secret',
    'verified_domain_pending',
  ],
}

/** Codes of a source that end the command or are warnings. They reject no record. */
const OF_A_WHOLE_FILE = [
  'answer_too_large',
  'bad_api_key',
  'bad_base_url',
  'bad_credentials',
  'bad_database_url',
  'bad_domain',
  'bad_expression',
  'bad_private_key',
  'bad_records_path',
  'bad_user_pool',
  'bad_value',
  'blank_rows',
  'broken_gzip',
  'broken_quote',
  'broken_zstd',
  'changes_unseen',
  'checkpoint_refused',
  'connections_inactive',
  'connections_not_listed',
  'connections_off',
  'count_mismatch',
  'credentials_expired',
  'credentials_incomplete',
  'credentials_missing',
  'credentials_refused',
  'cursor_refused',
  'database_ca_unreadable',
  'database_forbidden',
  'database_warns',
  'download_broken',
  'duplicate_column',
  'duplicate_key',
  'empty_file',
  'encoded_twice',
  'encoding_doubtful',
  'export_cut_off',
  'export_expired',
  'export_failed',
  'fewer_users_than_estimated',
  'file_not_found',
  'file_unreadable',
  'folder_in_use',
  'hashes_not_read',
  'imported_hashes',
  'interrupted',
  'join_cycle',
  'line_made_good',
  'list_begun_anew',
  'members_not_read',
  'metadata_not_read',
  'missing_column',
  'missing_permission',
  'missing_scope',
  'name_taken',
  'nameless_column',
  'no_credentials',
  'no_file_matches',
  'no_header',
  'no_main_stream',
  'no_organizations_in_file',
  'no_records',
  'no_region',
  'no_rows',
  'no_select',
  'no_snapshot',
  'no_such_column',
  'no_such_path',
  'no_such_project',
  'no_such_tenant',
  'no_such_user_pool',
  'no_table',
  'no_token',
  'no_users',
  'not_a_file',
  'not_counted',
  'not_json',
  'not_ndjson',
  'nul_characters',
  'null_key',
  'option_of_other_format',
  'option_without_key',
  'option_without_tenant',
  'organizations_not_read',
  'organizations_off',
  'package_missing',
  'padded_rows',
  'page_token_refused',
  'rate_limited',
  'reading_begun_anew',
  'reading_resumed',
  'record_too_long',
  'region_differs',
  'rejects_in_dialect',
  'reserved_column',
  'reserved_stream_name',
  'rows_not_read',
  'several_documents',
  'since_by_expression',
  'since_without_column',
  'snapshot_damaged',
  'snapshot_locked',
  'snapshot_of_another_source',
  'snapshot_unwritable',
  'snapshot_version',
  'source_changed',
  'source_redirects',
  'source_refused',
  'source_unreachable',
  'table_and_query',
  'table_without_snapshot',
  'tenant_gone',
  'tenants_disabled',
  'tenants_without_hash_parameters',
  'too_many_for_pages',
  'two_credentials',
  'two_sources_of_users',
  'unclosed_quote',
  'unexpected_answer',
  'unknown_column',
  'unknown_format',
  'unknown_group',
  'unknown_source_type',
  'unknown_stream',
  'unread_escapes',
  'updated_at_is_no_time',
  'users_banned',
  'users_not_in_export',
  'value_cut_off',
  'written_null',
  'wrong_encoding',
  'zero_dates',
  'zip_archive',
]

/** Codes with the name of a kind. */
const COMPOSED = ['user', 'organization'].flatMap((kind) => [
  `no_${kind}`,
  `several_${kind}s`,
  `${kind}_rejected`,
  `${kind}_missing`,
])

describe('every code has a remedy', () => {
  // A code is a member `code` or the first argument of a rejecting function. In SQL it is among the
  // values.
  const inner = ['kinds', 'mapping', 'desired', 'planning', 'applying'].map(codeIn).join('\n')
  const literals = [
    ...found(inner, /(?:\bcode:\s*|\w\(\s*)'([a-z]+(?:_[a-z]+)+)'/g),
    ...found(codeIn('desired'), /'([a-z]+(?:_[a-z]+)+)'/g),
  ]

  test('of rejected, blocked and failed resources', () => {
    const others = new Set(Object.values(OTHERS).flat())
    const codes = [...literals, ...COMPOSED].filter((code) => !others.has(code))
    expect(codes.length).toBeGreaterThan(50)
    expect(codes.filter((code) => !remedies().has(code)).sort()).toEqual([])
  })

  test('of records that a source rejects', () => {
    const codes = [...found(codeIn('sources'), /code: '([a-z_]+)'/g)].filter((code) => !OF_A_WHOLE_FILE.includes(code))
    expect(codes).toContain('ragged_row')
    expect(codes.filter((code) => !remedies().has(code))).toEqual([])
  })

  test('of responses of the sandbox to writes', () => {
    const sandbox = codeIn('sandbox')
    const codes = [...found(sandbox, /refusal\(\s*4\d\d,\s*'([a-z_]+)'/g), ...found(sandbox, /\{ code: '([a-z_]+)',/g)]
    const ofQueries = ['limit_invalid', 'order_invalid', 'statuses_invalid']
    const neverToUs = [
      ...ofQueries,
      'missing_user_id_or_organization_id',
      'route_not_found',
      'rate_limit_exceeded',
      'refused_by_fault',
      'duplicate_group_role_assignment',
      'role_assignments_invalid',
    ]
    expect(codes.length).toBeGreaterThan(15)
    expect(codes.filter((code) => !remedies().has(code) && !neverToUs.includes(code))).toEqual([])
  })
})

test('of several codes, the most specific one counts', () => {
  expect(remedyFor('user_creation_error, email_not_available')).toBe(remedyFor('email_not_available'))
  expect(remedyFor('unheard_of, invalid_role')).toBe(remedyFor('invalid_role'))
  expect(remedyFor('user_creation_error')).toContain('correct the value in the source')
})

test.each([
  ['http_503', 'yes'],
  ['http_429', 'yes'],
  ['http_418', 'after-remedy'],
  ['unheard_of', 'after-remedy'],
  ['dependency_blocked', 'with-cause'],
  ['outcome_unknown', 'yes'],
] as const)('whether another apply helps for %s: %s', (code, reapply) => {
  const advice = adviceFor(code)
  expect(advice.reapply).toBe(reapply)
  expect(advice.help).not.toBe('')
  expect(describeReapply(advice.reapply)).toMatch(/pply/)
})

test('docs/reference/errors.md lists every code with its remedy', () => {
  const page = readFileSync(fileURLToPath(new URL('../../docs/reference/errors.md', import.meta.url)), 'utf8')
  const label = { yes: 'yes', 'after-remedy': 'after the fix', 'with-cause': 'automatic' }
  const lines = [...remedies()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, { reapply, help }]) => `| \`${code}\` | ${label[reapply]} | ${help.replaceAll('|', '\\|')} |`)
  const [, codes = ''] = page.split('\n## Codes\n')
  expect(codes.split('\n').filter((line) => line.startsWith('| `'))).toEqual(lines)
})
