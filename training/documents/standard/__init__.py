"""The standard templates, laid out by Nghị định 30/2020/NĐ-CP; `python -m training.documents.standard` writes them
to training/documents/templates/."""
