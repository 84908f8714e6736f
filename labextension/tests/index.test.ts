// @vitest-environment jsdom
import { expect, it, vi } from 'vitest';
import packageJson from '../package.json';

vi.mock('@jupyterlab/apputils', () => ({ Clipboard: {}, ICommandPalette: 'p', InputDialog: {} }));
vi.mock('@jupyterlab/cells', () => ({ CodeCell: Object }));
vi.mock('@jupyterlab/codemirror', () => ({
  EditorExtensionRegistry: {},
  IEditorExtensionRegistry: 'e',
  IEditorLanguageRegistry: 'l'
}));
vi.mock('@jupyterlab/completer', () => ({ ICompletionProviderManager: 'm' }));
vi.mock('@jupyterlab/notebook', () => ({ INotebookTracker: 't', NotebookActions: {} }));
vi.mock('@jupyterlab/settingregistry', () => ({ ISettingRegistry: 's' }));
vi.mock('@jupyterlab/translation', () => ({ ITranslator: 't', nullTranslator: {} }));
vi.mock('@jupyterlab/ui-components', () => ({ settingsIcon: {} }));
const { default: plugins } = await import('../src/index');

it('starts each plugin by itself, under a name of the package', () => {
  const ids = plugins.map(({ id }) => id);
  expect(new Set(ids).size).toBe(plugins.length);
  expect(ids.every(id => id.startsWith(`${packageJson.name}:`))).toBe(true);
  expect(plugins.every(({ autoStart }) => autoStart === true)).toBe(true);
});

it('has the plugin that the settings belong to', () => {
  expect(plugins.map(({ id }) => id)).toContain('chat-magic:plugin');
});
