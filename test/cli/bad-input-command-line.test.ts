import { type BadInput, refuses } from './bad-input.ts'

const commandLines: BadInput[] = [
  { name: 'an unknown command', args: ['aply'], exit: 3, says: ["unknown command 'aply'", 'Did you mean apply?'] },
  {
    name: 'an unknown command of state',
    args: ['state', 'lst'],
    exit: 3,
    says: ["unknown command 'lst'", 'Did you mean list?', 'workos-migrate state --help'],
  },
  {
    name: 'an unknown option',
    args: ['apply', '--yes', '--refesh'],
    exit: 3,
    says: ["unknown option '--refesh'", 'Did you mean --refresh?', 'workos-migrate apply --help shows its options'],
  },
  {
    name: 'an option without its value',
    args: ['apply', '--yes', '--confirm'],
    exit: 3,
    says: ["option '--confirm <word>' argument missing"],
  },
  {
    name: 'an unknown format',
    args: ['plan', '--format', 'xml'],
    exit: 3,
    says: ["argument 'xml' is invalid. Allowed choices are text, json, markdown."],
  },
  {
    name: 'an unknown export format',
    args: ['state', 'export', '--format', 'xml'],
    exit: 3,
    says: ["argument 'xml' is invalid. Allowed choices are csv, ndjson, sql.", 'workos-migrate state export --help'],
  },
  {
    name: 'a word for a port',
    args: ['sandbox', '--port', 'http'],
    exit: 3,
    says: ["argument 'http' is invalid. A port must be a whole number from 0 to 65535."],
  },
  {
    name: 'an empty port',
    args: ['sandbox', '--port', ''],
    exit: 3,
    says: ["argument '' is invalid. A port must be a whole number from 0 to 65535."],
  },
  {
    name: 'a port above the maximum',
    args: ['sandbox', '--port', '65536'],
    exit: 3,
    says: ["argument '65536' is invalid. A port must be a whole number from 0 to 65535."],
  },
  {
    name: 'too many arguments',
    args: ['apply', '--yes', 'a.yaml', 'b.yaml'],
    exit: 3,
    says: ["too many arguments for 'apply'. Expected 1 argument but got 2"],
  },
  {
    name: 'two manifests',
    args: ['apply', '--yes', 'a.yaml', '--config', 'b.yaml'],
    exit: 3,
    says: ['two manifests are named: a.yaml and b.yaml', 'hint: name one manifest'],
  },
  { name: 'nothing', args: [], exit: 3, says: ['Usage: workos-migrate', /^Examples:/] },
  { name: 'a group of commands alone', args: ['state'], exit: 3, says: ['Usage: workos-migrate state', /^Examples:/] },
]

refuses('a command line that makes no sense is refused', commandLines)
