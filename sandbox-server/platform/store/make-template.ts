/** A program of the set-up: `node make-template.ts DIRECTORY` makes the template of a database. */
import { makePgliteTemplate } from './pglite-files.ts'

const [directory] = process.argv.slice(2)
if (directory === undefined) throw new TypeError('give the directory of the template')
await makePgliteTemplate(directory)
