import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Inspector } from './Inspector.js';

const root = document.getElementById('root');
if (!root) throw new Error('there is no element "root" in index.html');
createRoot(root).render(
  <StrictMode>
    <Inspector bundle="/bundle/" />
  </StrictMode>,
);
