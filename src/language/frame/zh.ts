/** 页面框架的中文：章节列表、快捷键、排队与休眠中的沙箱。 */
import type { frameEn } from './en.ts'

export const frameZh: typeof frameEn = {
  chapters: '章节与步骤',
  help: '键盘快捷键',
  queued: '排队第 {place} 位',
  queuedNote: '排队第 {place} 位。一有空位，你的集群就会启动；这期间可以先阅读。',
  sleepsIn: '{minutes} 分钟后休眠',
  asleep: '沙箱已休眠',
  asleepNote: '一段时间没有操作，你的集群已休眠。其中的一切都已保留。',
  wake: '唤醒',
  keys: {
    '?': '显示快捷键',
    'Ctrl K': '搜索课程',
    'Ctrl `': '在文字与终端之间切换',
    F6: '在文字、终端、工具之间轮换',
    '← →': '切换标签页；在分隔条上则移动它',
    'Ctrl Shift Enter': '新建终端',
    'Ctrl Shift ← →': '切换终端',
    'Ctrl Shift F': '在终端中搜索',
    'Ctrl Shift C, V': '在终端中复制、粘贴',
    'F2, Delete': '在标签上重命名或关闭终端',
    'Ctrl Enter': '应用编辑器中的文件',
    'Ctrl S': '保存编辑器中的文件',
  },
}
