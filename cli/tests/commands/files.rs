//! The files that a command leaves, for comparing.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The files under a folder with their bytes.
pub(crate) fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder_in) = open.pop() {
        for entry in fs::read_dir(&folder_in).expect("a folder") {
            let path = entry.expect("an entry").path();
            match path.is_dir() {
                true => open.push(path),
                false => {
                    let name = path.strip_prefix(folder).expect("below it").display().to_string();
                    // A run under way renames what it has written.
                    files.extend(fs::read(&path).ok().map(|bytes| (name, bytes)));
                }
            }
        }
    }
    files
}

#[track_caller]
pub(crate) fn same(left: &BTreeMap<String, Vec<u8>>, right: &BTreeMap<String, Vec<u8>>) {
    assert_eq!(left.keys().collect::<Vec<_>>(), right.keys().collect::<Vec<_>>());
    for (name, bytes) in left {
        assert!(right[name] == *bytes, "{name} differs");
    }
}
