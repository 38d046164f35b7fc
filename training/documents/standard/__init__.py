"""The standard templates, laid out as Nghị định 30/2020/NĐ-CP says; `python -m training.documents.standard` writes
them to training/documents/templates/."""
