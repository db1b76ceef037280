import { type BadInput, refuses } from './bad-input.ts'

const map = (expression: string) => `map:\n  user:\n    firstName: ${JSON.stringify(expression)}\n`

const compiling: BadInput[] = [
  {
    name: 'a syntax error',
    manifest: map('$uppercase(name'),
    exit: 3,
    at: 'migrate.config.yaml:6:32',
    says: ['map.user.firstName', ') is missing before the end of the expression', 'hint: add it'],
  },
  {
    name: 'a function that does not exist',
    manifest: map('$lowcase(email)'),
    exit: 3,
    at: 'migrate.config.yaml:6:17',
    says: ['there is no function or variable $lowcase', 'hint: did you mean $lowercase?'],
  },
  {
    name: 'data run as an expression',
    manifest: map('$eval(email)'),
    exit: 3,
    at: 'migrate.config.yaml:6:17',
    says: ['$eval is not available', 'use $parseJson'],
  },
  {
    name: 'a blank expression',
    manifest: map(' '),
    exit: 3,
    at: 'migrate.config.yaml:6:17',
    says: ['the expression is empty', 'hint: remove the key'],
  },
  {
    name: 'an error in a rule for duplicates',
    manifest: 'dedupe: { user: { by: ["email["] } }\n',
    exit: 3,
    at: 'migrate.config.yaml:4:31',
    says: ['dedupe.user.by.0'],
  },
  {
    name: 'a stream that the source does not have',
    manifest: 'map: { user: { from: usrs } }\n',
    exit: 3,
    at: 'migrate.config.yaml:4:22',
    says: ['the source has no stream "usrs"', 'did you mean users? streams: users'],
  },
  {
    name: 'a stream that the source does not have, found by validate',
    args: ['validate'],
    manifest: 'map: { user: { from: usrs } }\n',
    exit: 3,
    at: 'migrate.config.yaml:4:22',
    says: ['the source has no stream "usrs"'],
  },
  {
    name: 'validate finds it without the data',
    args: ['validate'],
    manifest: map('$lowcase(email)'),
    exit: 3,
    at: 'migrate.config.yaml:6:17',
    says: ['did you mean $lowercase?', '1 problem'],
  },
]

const running: BadInput[] = [
  {
    name: 'a value of the wrong kind',
    manifest: map('$number(email)'),
    exit: 5,
    at: 'users.csv:2',
    says: ['map.user.firstName fails: ', 'in $number(email)'],
  },
  {
    name: 'an error that the expression throws',
    manifest: map('$error("no first name here")'),
    exit: 5,
    at: 'users.csv:2',
    says: ['map.user.firstName fails: no first name here'],
  },
  {
    name: 'a function instead of a value',
    manifest: map('$uppercase'),
    exit: 5,
    at: 'users.csv:2',
    says: ['map.user.firstName fails: ', 'returns a function, not data: is an argument list missing?'],
  },
  {
    name: 'endless recursion',
    manifest: map('($f := function($x) { 1 + $f($x) }; $f(1))'),
    exit: 5,
    at: 'users.csv:2',
    says: ['map.user.firstName fails: ', /stack|recursion|deep/i],
  },
  {
    name: 'a loop that exceeds the time limit',
    manifest: map('($f := function($x) { $x = 0 ? 0 : $f($x + 1) }; $string($f(1)))'),
    exit: 5,
    at: 'users.csv:2',
    says: ['map.user.firstName fails: ', /time/i],
  },
  {
    name: 'a failing expression on a secret',
    manifest: 'map:\n  user:\n    password: $number(password)\n',
    files: { 'users.csv': 'email,password\na@example.com,s3cr3t\n' },
    exit: 5,
    at: 'users.csv:2',
    says: ['user:a@example.com', 'map.user.password fails: the argument of $number() is not a number', 'test it first'],
  },
  {
    name: 'an object as a name',
    manifest: map('{ "first": email }'),
    exit: 5,
    at: 'users.csv:2',
    says: ['firstName: expected text, not an object', 'map a single text value'],
  },
]

refuses('an expression that cannot work is refused before anything is read', compiling)
refuses('an expression that fails on a record rejects it', running)
