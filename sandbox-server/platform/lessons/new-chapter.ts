/** `meshdojo lessons new NAME`: a chapter that passes the proof, for its author to write over. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const TEMPLATE = join(import.meta.dirname, 'template')
const FILES = ['lesson.yaml', 'index.en.mdx', 'index.zh.mdx']
const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/
const FOLDER = /^(\d\d)-(.+)$/

/** The chapter cannot be made; the message says why and what to do. */
export class ChapterRefused extends Error {
  override name = 'ChapterRefused'
}

/** Makes the folder with the next free number; resolves with its path. Rejects with ChapterRefused. */
export async function newChapter(lessonsDirectory: string, name: string): Promise<string> {
  if (!NAME.test(name))
    throw new ChapterRefused(
      `"${name}" cannot be a chapter's name: use lower-case letters, digits and single dashes, as in traffic-shifting.`,
    )
  const chapters = (await readdir(lessonsDirectory)).flatMap(folder => {
    const [, digits, id] = FOLDER.exec(folder) ?? []
    return digits === undefined ? [] : [{ number: Number(digits), id, folder }]
  })
  const known = chapters.find(({ id }) => id === name)
  if (known)
    throw new ChapterRefused(`there is a chapter "${name}" already, in ${known.folder}; take another name.`)
  const number = Math.max(0, ...chapters.map(chapter => chapter.number)) + 1
  const folder = join(lessonsDirectory, `${String(number).padStart(2, '0')}-${name}`)
  await mkdir(folder)
  for (const file of FILES) {
    const text = await readFile(join(TEMPLATE, file), 'utf8')
    await writeFile(join(folder, file), text.replaceAll('%ID%', name).replaceAll('%TITLE%', titleOf(name)))
  }
  return folder
}

const titleOf = (name: string): string => {
  const words = name.replaceAll('-', ' ')
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`
}
