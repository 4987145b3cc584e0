"""Words that are no identity, though somebody may be called so: terms that coded elements are made of (PS3.3)."""

_TERMS = """
    abdomen abdomenpelvis adc ankle axial bone both brain breast bright calcaneus cardiac chest clavicle closed code
    contains container cor coronal derived dynamic elbow enhanced extremity eye face fibula finger foot hand hardcopy
    head headneck heart hip homogeneous humerus image jaw kidney knee leg live liver localizer lossless luminance lung
    magnitude mixed monochrome monochrome1 monochrome2 mosaic neck none normal num open oriented original orbit other
    palette pancreas partial pelvis phantom phase portable primary prone propagated rectus rgb rib sagittal scapula
    secondary separate shoulder skull spine spleen sternum supine text thigh thorax tibia toe trauma unknown unverified
    verified volume wholebody wrist true false yes date time male female mm cm color linear sigmoid point polyline
    circle ellipse has obs context properties inferred from concept mod selected first last
"""
TERMS = frozenset(_TERMS.split())
