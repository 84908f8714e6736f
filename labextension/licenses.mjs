/** Lists the npm packages whose code is in what was built: their licenses as text, and as CycloneDX. */

import { readdir, readFile, writeFile } from 'node:fs/promises';

const json = async path => JSON.parse(await readFile(path, 'utf-8'));

/** Describes an installed package as JupyterLab's builder does. */
async function installed(name) {
  const folder = `node_modules/${name}`;
  const { version, license } = await json(`${folder}/package.json`);
  const file = (await readdir(folder)).find(entry => /^licen[cs]e/i.test(entry));
  const extractedText = await readFile(`${folder}/${file}`, 'utf-8');
  return { name, versionInfo: version, licenseId: license, extractedText };
}

/** Names the packages that esbuild bundled. */
async function bundled(metafile) {
  const { inputs } = await json(metafile);
  const names = Object.keys(inputs).map(
    path => /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules)/.exec(path)?.[1]
  );
  return [...new Set(names.filter(Boolean))];
}

const component = ({ name, versionInfo: version, licenseId: id }) => ({
  type: 'library',
  name,
  version,
  purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
  licenses: [{ license: { id } }]
});

const { packages } = await json('../chat_magic/_labextension/static/third-party-licenses.json');
const others = (await bundled('lib/standalone.meta.json')).filter(
  name => !packages.some(listed => listed.name === name)
);
const all = [...packages, ...(await Promise.all(others.map(installed)))].sort((first, second) =>
  first.name < second.name ? -1 : 1
);

const { version, license } = await json('package.json');
const purl = `pkg:pypi/chat-magic@${version}`;
const sbom = {
  bomFormat: 'CycloneDX',
  specVersion: '1.6',
  version: 1,
  metadata: {
    component: {
      type: 'library',
      'bom-ref': purl,
      name: 'chat-magic',
      version,
      purl,
      licenses: [{ license: { id: license } }]
    }
  },
  components: all.map(component)
};
await writeFile('sbom.cdx.json', `${JSON.stringify(sbom, null, 2)}\n`);

const rule = '-'.repeat(78);
const texts = all.map(
  ({ name, versionInfo, licenseId, extractedText }) =>
    `${rule}\n${name} ${versionInfo}, ${licenseId}\n${rule}\n\n${extractedText.trim()}\n`
);
const head = 'The JavaScript that chat-magic brings holds code of these packages.\n';
await writeFile('THIRD_PARTY_LICENSES.txt', [head, ...texts].join('\n').replaceAll('\r\n', '\n'));
