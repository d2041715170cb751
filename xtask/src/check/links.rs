//! Relative links in the documentation lead to files of this repository.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use pulldown_cmark::{Event, Parser, Tag};

const DOCUMENTS: [&str; 3] = ["README.md", "ARCHITECTURE.md", "docs/**/*.md"];

pub fn check(root: &Path) -> Result<()> {
    let root = fs::canonicalize(root)?;
    let mut broken = 0;
    for document in documents(&root)? {
        let text = fs::read_to_string(&document)
            .with_context(|| format!("cannot read {}", document.display()))?;
        let directory = document.parent().unwrap_or(&root);
        for (line, target) in relative_links(&text) {
            if !leads_into(&root, &directory.join(&target)) {
                let name = document.strip_prefix(&root).unwrap_or(&document).display();
                println!("{name}:{line}: {target} is not in the repository");
                broken += 1;
            }
        }
    }
    match broken {
        0 => Ok(()),
        count => bail!("{count} broken links"),
    }
}

fn documents(root: &Path) -> Result<Vec<PathBuf>> {
    let mut documents = Vec::new();
    for pattern in DOCUMENTS {
        for document in glob::glob(&root.join(pattern).to_string_lossy())? {
            documents.push(document?);
        }
    }
    Ok(documents)
}

fn leads_into(root: &Path, target: &Path) -> bool {
    fs::canonicalize(target).is_ok_and(|target| target.starts_with(root))
}

/// Links and images to files, without their fragments, with the lines they stand in.
fn relative_links(text: &str) -> Vec<(usize, String)> {
    let mut links = Vec::new();
    for (event, place) in Parser::new(text).into_offset_iter() {
        let Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) = event else {
            continue;
        };
        let path = dest_url.split(['#', '?']).next().unwrap_or_default();
        let is_elsewhere = path.is_empty() || path.starts_with('/') || path.contains(':');
        if !is_elsewhere {
            links.push((
                1 + text[..place.start].matches('\n').count(),
                path.to_owned(),
            ));
        }
    }
    links
}

#[cfg(test)]
mod tests {
    use super::relative_links;

    #[test]
    fn finds_relative_links_with_their_lines() {
        let text = "# Title\n\nSee [the map](ARCHITECTURE.md#tree) and ![it](docs/a.png).\n\
                    \n[web](https://example.org) [here](#title) [mail](mailto:a@example.org)\n\
                    `[code](no.md)`\n\n[ref]\n\n[ref]: docs/b.md\n";
        assert_eq!(
            relative_links(text),
            [
                (3, "ARCHITECTURE.md".into()),
                (3, "docs/a.png".into()),
                (8, "docs/b.md".into())
            ]
        );
    }
}
