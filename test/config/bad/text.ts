import { MINIMAL } from '../folder.ts'
import type { BadManifest } from './bad-manifest.ts'

/** Files that are not a YAML object. */
export const badText: BadManifest[] = [
  { name: 'an empty file', text: '', code: 'empty_manifest', at: '1:1' },
  { name: 'a file of comments', text: '# nothing\n\n', code: 'empty_manifest', at: '1:1' },
  { name: 'a list', text: '- source\n- target\n', code: 'not_an_object', at: '1:1' },
  { name: 'a sentence', text: 'hello there\n', code: 'not_an_object', at: '1:1' },
  {
    name: 'a bracket that is not closed',
    text: `${MINIMAL}run: { workers: 2\n`,
    code: 'invalid_yaml',
    at: '4:1',
    hint: /close the bracket or quote/,
  },
  {
    name: 'a tab as indentation',
    text: `${MINIMAL}run:\n\tworkers: 2\n`,
    code: 'invalid_yaml',
    at: '4:1',
    hint: /spaces/,
  },
  { name: 'wrong indentation', text: 'source:\n    type: csv\n  path: x\n', code: 'invalid_yaml', at: '3:1' },
  {
    name: 'a reference without quotes inside braces',
    text: 'source: { type: csv, path: users.csv }\ntarget: { type: workos, apiKey: ${KEY} }\n',
    code: 'invalid_yaml',
    at: '2:34',
    hint: /put a reference inside \{ \} and \[ \] in quotes/,
  },
  {
    name: 'a duplicate key',
    text: `${MINIMAL}target: { type: workos }\n`,
    code: 'duplicate_key',
    at: '3:1',
    message: /target/,
  },
  { name: 'two documents', text: `${MINIMAL}---\nname: other\n`, code: 'several_documents', at: '3:1' },
  {
    name: 'UTF-16',
    text: Buffer.from(`\ufeff${MINIMAL}`, 'utf16le'),
    code: 'wrong_encoding',
    at: '1:1',
    message: /UTF-16/,
  },
  {
    name: 'Latin-1',
    text: Buffer.from(`${MINIMAL}name: Zürich\n`, 'latin1'),
    code: 'wrong_encoding',
    at: '3:8',
    hint: /UTF-8/,
  },
  { name: 'an alias to nothing', text: `${MINIMAL}name: *missing\n`, code: 'unknown_alias', at: '3:7' },
  { name: 'an alias inside itself', text: `${MINIMAL}run: &run { limits: *run }\n`, code: 'alias_cycle', at: '3:11' },
  { name: 'a tag', text: `${MINIMAL}name: !secret abc\n`, code: 'invalid_yaml', at: '3:7', message: /tag/ },
  { name: 'the key __proto__', text: `${MINIMAL}__proto__: { polluted: yes }\n`, code: 'invalid_key', at: '3:1' },
  {
    name: 'a merge key',
    text: `${MINIMAL}run: { <<: { workers: 2 } }\n`,
    code: 'invalid_key',
    at: '3:8',
    hint: /extends/,
  },
]
