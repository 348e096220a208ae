import { expect, test } from 'vitest'
import { readRoster } from './roster.ts'

test('reads columns in any order and language, with quotes, other separators and a byte order mark', () => {
  expect(readRoster('\ufeffemail;name;PIN\nANNA@x.org;"Müller; Anna";0042\n;李雷;\n')).toEqual({
    rows: [
      { name: 'Müller; Anna', key: 'müller; anna', email: 'anna@x.org', group: null, pin: '0042' },
      { name: '李雷', key: '李雷', email: null, group: null, pin: null },
    ],
    errors: [],
  })
  expect(readRoster('姓名,小组\n王芳,红\n').rows).toMatchObject([{ name: '王芳', group: '红' }])
  expect(readRoster('name\nOnly\n').rows).toMatchObject([{ name: 'Only' }])
})

test('says every mistake with its row and column', () => {
  const { errors } = readRoster('name,email,pin\nAnna,anna,12\n,b@x.org,\nanna,,\n\x1b[2J,,\n')
  expect(errors.map(({ row, column }) => [row, column])).toEqual([
    [2, 'email'],
    [2, 'pin'],
    [3, 'name'],
    [4, 'name'],
    [5, 'name'],
  ])
  expect(errors[3]?.message.en).toContain('row 2')
})

test.each([
  ['', 1],
  ['Anna\nBen\n', 1],
  ['name\n', 1],
  [`name\n${'x\n'.repeat(1001)}`, 1002],
  ['name\n"never closed\n', 2],
])('%j is refused at row %i', (csv, row) => {
  expect(readRoster(csv).errors[0]).toMatchObject({ row, message: { en: expect.stringMatching(/\.$/) } })
})
