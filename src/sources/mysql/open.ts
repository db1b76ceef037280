import { ManifestError } from '../../diagnostics/errors.ts'
import type { Driver } from '../database/driver.ts'
import { databaseSource } from '../database/source.ts'

/** The `mysql` source, as far as it goes: its options are read and checked, and no connection is made yet. */

const driver: Driver = {
  type: 'mysql',
  dialect: {
    name: quoted,
    table: (written) => written.split('.').map(quoted).join('.'),
    text: (expression) => `CAST(${expression} AS CHAR)`,
    moment: (iso) => `'${iso.replace('T', ' ').replace('Z', '')}'`,
  },
  address(url) {
    const { hostname: host = '', port = '', pathname = '' } = URL.parse(url) ?? {}
    return { host, port: port || '3306', database: pathname.slice(1) }
  },
  connect() {
    throw new ManifestError({
      code: 'no_driver',
      message: 'this version cannot connect to MySQL yet',
      hint: 'export the tables, and read the files: docs/how-to/sources/file.md',
      path: 'source.type',
    })
  },
}

function quoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``
}

export const mysqlSource = databaseSource(driver)
