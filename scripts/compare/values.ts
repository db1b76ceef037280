/** Unexpected values in sources. All are made up. */

export const FIRST_NAMES = [
  ...['Ada', 'Björn', 'Chloé', 'Dario', 'Élodie', 'Faruk', 'Grete', 'Hana', 'İpek', 'José', 'Kwame', 'Łucja', 'Noor'],
  ...['Oğuz', 'Priya', 'Rósa', 'Siobhán', 'Tomáš', 'Ute', 'Vivek', 'Wanjiru', 'Željko', '美咲', 'Ольга', 'محمد'],
]
export const LAST_NAMES = [
  ...['Ampersand', 'Beispiel', 'Comma', 'Dummy', 'Ejemplo', 'Fixture', 'Haiku', 'Interim', 'Jedermann', 'Könnte'],
  ...[
    'Lorem',
    'Mustermann',
    'Namenlos',
    "O'Sample",
    'Placeholder',
    'Quux',
    'Specimen',
    'Testová',
    '山田',
    'van der Berg',
  ],
]

/** Texts for names and notes. */
export const ODD_TEXTS = [
  ...[
    'Bo "the" Builder',
    '"',
    '""',
    '"quoted"',
    "O'Neil; DROP",
    'a,b',
    'a;b',
    'tab\there',
    '#remark',
    '=cmd()',
    '-1',
    '+1',
  ],
  ...[
    'two\nlines',
    'two\r\nlines',
    'old\rmac',
    '\n',
    'ends in a quote"',
    '\nquote"\n"quote',
    ' blanks around ',
    '\u00a0hard\u00a0',
  ],
  ...[
    'NULL',
    '\\N',
    'null',
    'undefined',
    'None',
    'NaN',
    'true',
    '0',
    '1e400',
    '12345678901234567890',
    '{}',
    '[]',
    '{"a":1}',
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    '😀',
    '👩‍👩‍👧‍👦',
    'e\u0301',
    '\u202eabc',
    '\u200b',
    '\ufeff',
    '\u0001',
    '\u2028',
    '\ud83d\ude00x',
  ],
  ...['x'.repeat(300), 'ü'.repeat(700), 'y'.repeat(601), `${'line\n'.repeat(200)}`, `${'"q",\r\n'.repeat(300)}`],
]

export const BAD_ADDRESSES = [
  ...[
    'no-at',
    'a@b',
    'x@@example.com',
    '@example.com',
    'a b@example.com',
    'a@-x.example',
    'a@x-.example',
    'a@x..example',
  ],
  ...[
    '.a@example.com',
    'a.@example.com',
    'a..b@example.com',
    'a@example.com.',
    'a@[127.0.0.1]',
    'a@127.0.0.1',
    '"a b"@example.com',
  ],
  ...[
    'a@example',
    'a,b@example.com',
    'a@exam ple.com',
    'mailto:a@example.com',
    'A <a@example.com>',
    'a@example.com,b@example.com',
  ],
  ...[
    `${'l'.repeat(65)}@example.com`,
    `l@${'d'.repeat(64)}.example`,
    `l@${'d.'.repeat(140)}example`,
    'NULL',
    'null',
    'n/a',
    '-',
    ' ',
  ],
  ...['a\u0000@example.com', 'a\n@example.com', 'a@exa\u00admple.com', 'a@b\u3002example'],
]

/** Characters that look like letters of a local part. */
export const CONFUSABLE = ['\u212a', 'ı', 'ſ', 'ß', 'ﬁ', 'ａ', '①', '\u00ad', '\u200d', '\u200b', 'ﬀ', 'ª', '\u2100']

/** Domains, some of them equivalent. */
export const DOMAINS = [
  ...[
    'bücher.example',
    'xn--bcher-kva.example',
    'BÜCHER.example',
    'bu\u0308cher.example',
    'straße.example',
    'strasse.example',
  ],
  ...[
    'xn--strae-oqa.example',
    'gmail.com',
    'googlemail.com',
    'GMAIL.COM',
    'Example.COM',
    'пример.example',
    'xn--zz.example',
  ],
]

const BCRYPT = 'N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy'
const SALT = Buffer.from('00ff10a7c3d2e1fb5544010203040506', 'hex')
const KEY = Buffer.alloc(32, 0xa5)
const LONG_KEY = Buffer.alloc(64, 0x5a)
const unpadded = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')
const FIREBASE =
  'lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==$42xEC+ixf3L2lw==$' +
  'jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==$Bw==$8$14'

/** Hashers and digests as Clerk writes them, valid ones first. */
export const DIGESTS: readonly [hasher: string, digest: string][] = [
  ['bcrypt', `$2b$10$${BCRYPT}`],
  ['bcrypt', `$2a$12$${BCRYPT}`],
  ['bcrypt', `$2y$04$${BCRYPT}`],
  ['argon2id', `$argon2id$v=19$m=65536,t=3,p=4$${unpadded(SALT)}$${unpadded(KEY)}`],
  ['argon2i', `$argon2i$v=19$m=4096,t=1,p=1$${unpadded(SALT)}$${unpadded(KEY)}`],
  ['pbkdf2_sha256', `pbkdf2_sha256$260000$${SALT.toString('base64')}$${KEY.toString('base64')}`],
  ['pbkdf2_sha256_django', `pbkdf2_sha256$1000$saltsalt$${KEY.toString('base64')}`],
  ['pbkdf2_sha512', `pbkdf2_sha512$210000$saltsalt$${LONG_KEY.toString('hex')}`],
  ['pbkdf2_sha512_hex', `pbkdf2_sha512$210000$${SALT.toString('hex')}$${LONG_KEY.toString('hex')}`],
  ['scrypt_firebase', FIREBASE],
  ['scrypt_werkzeug', `scrypt:32768:8:1$saltsaltsalt$${LONG_KEY.toString('hex')}`],
  ['ldap_ssha', `{SSHA}${Buffer.concat([KEY.subarray(0, 20), SALT]).toString('base64')}`],
]

export const BAD_DIGESTS: readonly [hasher: string, digest: string][] = [
  ['bcrypt', '$2b$10$tooshort'],
  ['bcrypt', `$2x$10$${BCRYPT}`],
  ['bcrypt', `$2b$99$${BCRYPT}`],
  ['bcrypt', `$2b$10$${BCRYPT}x`],
  ['bcrypt', '5f4dcc3b5aa765d61d8327deb882cf99'],
  ['argon2id', '$argon2id$v=19$m=65536,t=3$AA$AA'],
  ['argon2id', '$argon2d$v=19$m=65536,t=3,p=4$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA'],
  ['pbkdf2_sha256', 'pbkdf2_sha256$many$salt$key'],
  ['pbkdf2_sha256', 'pbkdf2_sha256$1000'],
  ['pbkdf2_sha512_hex', 'pbkdf2_sha512$1000$xyz$xyz'],
  ['scrypt_firebase', `${FIREBASE}$more`],
  ['scrypt_firebase', 'a$b$c'],
  ['scrypt_werkzeug', 'pbkdf2:sha256:1000$salt$00'],
  ['ldap_ssha', '{SSHA}short'],
  ['md5', '5f4dcc3b5aa765d61d8327deb882cf99'],
  ['md5_salted', '5f4dcc3b5aa765d61d8327deb882cf99$salt'],
  ['phpass', '$P$Bsaltsalthashhashhashhashhashha'],
  ['awscognito', 'pool#user'],
  ['sha256', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['no such hasher', 'abc'],
  ['BCRYPT ', ` $2b$10$${BCRYPT} `],
  ['', `$2b$10$${BCRYPT}`],
  ['bcrypt', ''],
]

export const SECRETS = [
  ...[
    'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
    'jbswy3dpehpk3pxp jbswy3dpehpk3pxp',
    '48656c6c6f21deadbeef48656c6c6f21deadbeef',
  ],
  ...[
    'otpauth://totp/Acme:ada?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Acme',
    'JBSW-Y3DP-EHPK-3PXP-JBSW-Y3DP-EHPK-3PXP',
  ],
  'SGVsbG8h3q2+70hlbGxvId6tvu8=',
]
export const BAD_SECRETS = [
  ...[
    'JBSWY3',
    '1890!',
    'otpauth://hotp/a?secret=JBSWY3DPEHPK3PXP',
    'otpauth://totp/a',
    'otpauth://totp/a?secret=',
    '\u0000',
    'ÄÖÜ',
  ],
  'otpauth://totp/a?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&algorithm=SHA256',
  'otpauth://totp/a?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&digits=8&period=60',
]

/** Metadata as JSON text. */
export const METADATA = [
  ...[
    '{"plan":"pro"}',
    '{"plan":"free","seats":12,"beta":true,"left":null}',
    '{}',
    ' ',
    '{"address":{"city":"Ulm","zip":89073}}',
  ],
  ...[
    '{"list":[1,2,3],"big":12345678901234567890,"float":1.0,"e":1e400}',
    '{"a":"1","a":"2"}',
    '{"__proto__":"x","constructor":"y"}',
  ],
]
export const BAD_METADATA = [
  ...[
    '{',
    '[]',
    '"text"',
    '17',
    'null',
    '{"plan":',
    `{"${'k'.repeat(41)}":"v"}`,
    `{"k":"${'v'.repeat(601)}"}`,
    '{"größe":"1"}',
    '{"k":"ü"}',
  ],
  JSON.stringify(Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`key${index}`, 'v']))),
  JSON.stringify(Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`key${index}`, 'v']))),
  '{"external_id":"x","org_id":"y"}',
  `${'{"a":'.repeat(40)}1${'}'.repeat(40)}`,
]

export const ROLES = ['org:admin', 'org:member', 'org:billing', 'admin', 'member', 'auditor']
export const ODD_ROLES = [
  ...[
    'org:nobody-knows',
    'Org:Admin',
    'org:Billing Team',
    '',
    ' ',
    'org:',
    'admin,member',
    '["admin","org:billing"]',
    '[',
    'ADMIN',
    'rôle',
  ],
  ...['r'.repeat(49), 'org-auditor', 'NULL', 'org:admin '],
]
