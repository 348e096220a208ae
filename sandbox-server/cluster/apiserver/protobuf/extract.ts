/**
 * A developer's tool: reads field numbers out of Kubernetes' `generated.proto` files (one `<group>.v1.proto` each in a
 * directory) into `messages.json.gz`. Numbers, names and types alone. Run: `node extract.ts DIRECTORY`.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

const FIELD = /^\s*(optional|repeated)?\s*(map<\s*(\w+)\s*,\s*([\w.]+)\s*>|[\w.]+)\s+(\w+)\s*=\s*(\d+)\s*;/

/** `.k8s.io.api.core.v1.Container` and `Container` (of core) become `core.v1.Container`. */
function typeName(name: string, file: string): string {
  if (/^(?:string|bool|bytes|int32|int64|double|float|uint32|uint64)$/.test(name)) return name
  const parts = name.replace(/^\./, '').split('.')
  return parts.length === 1 ? `${file}.${name}` : parts.slice(-3).join('.')
}

const directory = process.argv[2]
if (!directory) throw new TypeError('which directory holds the generated.proto files?')
const messages: Record<string, Record<string, string>> = {}
for (const name of readdirSync(directory)) {
  const file = name.replace(/\.proto$/, '')
  let fields: Record<string, string> | undefined
  for (const line of readFileSync(join(directory, name), 'utf8').split('\n')) {
    const message = /^message (\w+) \{/.exec(line)
    if (message) messages[`${file}.${message[1]}`] = fields = {}
    const match = FIELD.exec(line)
    if (!match || !fields) continue
    const [, label, type = '', , value, field = '', number = ''] = match
    const shown = value ? `${typeName(value, file)}{}` : `${typeName(type, file)}${label === 'repeated' ? '[]' : ''}`
    fields[number] = `${field} ${shown}`
  }
}
writeFileSync(new URL('messages.json.gz', import.meta.url), gzipSync(JSON.stringify(messages), { level: 9 }))
